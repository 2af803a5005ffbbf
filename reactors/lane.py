"""The lane of one target: what waits for it, and one attempt after the other. No lane waits for another one."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from heapq import nsmallest
from typing import Final, NoReturn

import msgspec

from adapters.notify.port import NotDeliveredError, Target
from reactors.clock import Clock
from reactors.notification_message import message_of
from reactors.retrying import LIMIT, retry_at
from schema.notifications import (
    NotificationFailed,
    NotificationGivenUp,
    NotificationRequested,
    NotificationSent,
    NotificationStep,
)
from schema.rules import AlertSeverity

MOST: Final = 1_000
"""What waits for one target: beyond, the least severe are given up, the oldest first."""
_GIVEN_UP_AT_ONCE: Final = 200
_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 60.0
_FAILING: Final = 3
_RANK: Final = {severity: rank for rank, severity in enumerate(AlertSeverity)}


class Pending(msgspec.Struct):
    """A request without an outcome. `retry_at`: no sooner, unless the target takes something else."""

    request: NotificationRequested
    revision: int = 0
    attempts: int = 0
    retry_at: datetime | None = None


Outcome = Callable[[Pending, NotificationStep], Awaitable[None]]
"""Makes what became of it durable. What another process wrote first stands."""


class Lane:
    """`target` is None where nobody set one of that name: what waits is tried again, for somebody may."""

    def __init__(self, name: str, target: Target | None, *, clock: Clock, page: str | None, outcome: Outcome) -> None:
        self.name = name
        self._target = target
        self._clock = clock
        self._page = page
        self._outcome = outcome
        self._pending: dict[str, Pending] = {}
        self._woken = asyncio.Event()
        self._failures = 0
        self._reason = ""

    def __len__(self) -> int:
        return len(self._pending)

    def add(self, pending: Pending) -> None:
        self._pending[pending.request.notification_id] = pending
        self._woken.set()

    def drop(self, notification_id: str) -> None:
        """It has an outcome."""
        self._pending.pop(notification_id, None)

    def complaint(self) -> str | None:
        """What is wrong with the target, in plain words, where it failed several times in a row."""
        return f"{self.name} failed {self._failures} times: {self._reason}" if self._failures >= _FAILING else None

    async def run(self, standing: Callable[[], Awaitable[None]]) -> NoReturn:
        """Until cancelled."""
        while True:
            self._woken.clear()
            pending = self._next()
            if pending is None:
                await self._rest()
                continue
            await standing()
            await self._deal(pending)

    def _next(self) -> Pending | None:
        """The most severe of what is due, the oldest of these."""
        now = self._clock.now()
        due = [each for each in self._pending.values() if each.retry_at is None or each.retry_at <= now]
        return min(due, key=lambda each: (-_RANK[each.request.severity], each.request.timestamp), default=None)

    async def _rest(self) -> None:
        soonest = min((each.retry_at for each in self._pending.values() if each.retry_at is not None), default=None)
        seconds = _LOOK_SECONDS if soonest is None else (soonest - self._clock.now()).total_seconds()
        waits = [
            asyncio.create_task(self._woken.wait(), name=f"notify-{self.name}-woken"),
            asyncio.create_task(self._clock.sleep(min(max(seconds, 0.0), _LOOK_SECONDS)), name=f"notify-{self.name}-timer"),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _deal(self, pending: Pending) -> None:
        if len(self._pending) > MOST:
            for victim in self._beyond():
                await self._give_up(victim, f"{MOST:,} others wait for this target")
        elif self._clock.now() - pending.request.timestamp >= LIMIT:
            await self._give_up(pending, self._reason or "it is too old")
        else:
            await self._attempt(pending)

    def _beyond(self) -> list[Pending]:
        """Some at once: to look through all that waits for each of them would take time that grows with its square."""
        count = min(len(self._pending) - MOST, _GIVEN_UP_AT_ONCE)
        return nsmallest(count, self._pending.values(), key=lambda each: (_RANK[each.request.severity], each.request.timestamp))

    async def _attempt(self, pending: Pending) -> None:
        pending.attempts += 1
        try:
            async with asyncio.timeout(_SECONDS):
                await self._send(pending)
        except TimeoutError:
            await self._fail(pending, f"no answer within {_SECONDS:g} s")
        except NotDeliveredError as error:
            await self._fail(pending, str(error), error.retry_after)
        except Exception as error:  # noqa: BLE001  # whatever a target's library dies of is told, and stops no other target
            await self._fail(pending, type(error).__name__)
        else:
            await self._succeed(pending)

    async def _send(self, pending: Pending) -> None:
        if self._target is None:
            raise NotDeliveredError("the settings of the react role name no such target")
        await self._target.send(message_of(pending.request, self._page))

    async def _succeed(self, pending: Pending) -> None:
        """Where one was taken, others may be."""
        self._failures = 0
        for other in self._pending.values():
            other.retry_at = None
        name, now = pending.request.notification_id, self._clock.now()
        await self._end(pending, NotificationSent(notification_id=name, timestamp=now, attempts=pending.attempts))

    async def _fail(self, pending: Pending, reason: str, retry_after: float | None = None) -> None:
        self._failures, self._reason = self._failures + 1, reason
        request, now = pending.request, self._clock.now()
        pending.retry_at = min(retry_at(now, pending.attempts, retry_after), request.timestamp + LIMIT)
        failed = NotificationFailed(
            notification_id=request.notification_id,
            timestamp=now,
            attempts=pending.attempts,
            reason=reason,
            retry_at=pending.retry_at,
        )
        await self._outcome(pending, failed)

    async def _give_up(self, pending: Pending, reason: str) -> None:
        given_up = NotificationGivenUp(
            notification_id=pending.request.notification_id,
            timestamp=self._clock.now(),
            attempts=pending.attempts,
            reason=reason,
        )
        await self._end(pending, given_up)

    async def _end(self, pending: Pending, step: NotificationStep) -> None:
        self.drop(pending.request.notification_id)
        await self._outcome(pending, step)
