"""The audit trail: every deed is counted at once and written within a second, the same deed of one minute as one entry."""

import asyncio
from collections import Counter as Counting
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter

from adapters.audit.port import Action, AuditError, AuditStore, Deed, Outcome, Tally
from schema.times import MINUTE_US, to_micros

_ROOMS: Final = {"changes": 10_000, "others": 1_000, "strangers": 500}
"""Different deeds of one minute. What is more is no longer told apart, so that nobody crowds out what others do."""
_MOST_ENTRIES: Final = {
    frozenset({Action.CHANGE}): 1_000_000,
    frozenset({Action.READ, Action.WATCH, Action.EXPORT}): 1_000_000,
    frozenset({Action.DELIVER}): 200_000,
    frozenset({Action.ENTER, Action.LOG_IN}): 200_000,
}
_WRITE_SECONDS: Final = 1.0
_EXPIRE_SECONDS: Final = 3600.0


class AuditTrail:
    """Notes what people do, for the store. `run` writes; what was noted last is written when that ends."""

    def __init__(
        self,
        store: AuditStore,
        clock: Callable[[], datetime],
        registry: CollectorRegistry,
        *,
        keep: timedelta = timedelta(days=365),
    ) -> None:
        self.store = store
        self._clock = clock
        self._keep = keep
        self._minute = -1
        self._tallies: dict[Deed, Tally] = {}
        self._rooms: Counting[str] = Counting()
        self._unwritten: dict[int, Tally] = {}
        self._noted = asyncio.Event()
        self._left_out = count_left_out(registry)

    def note(self, deed: Deed) -> None:
        """Count a deed. Waits for nothing."""
        now_us = to_micros(self._clock())
        if self._minute != now_us // MINUTE_US:
            self._minute, self._tallies, self._rooms = now_us // MINUTE_US, {}, Counting()
        if (known := self._tallies.get(deed)) is not None:
            known.again(now_us)
        tally = known or self._begin(deed, now_us)
        self._unwritten[id(tally)] = tally
        self._noted.set()

    def _begin(self, deed: Deed, now_us: int) -> Tally:
        """A tally of a deed that is the first of its kind in this minute, or of all that there is no more room for."""
        room = _room_of(deed)
        if self._rooms[room] >= _ROOMS[room]:
            self._left_out.inc()
            deed = _blurred(deed)
            if (known := self._tallies.get(deed)) is not None:
                known.again(now_us)
                return known
        self._rooms[room] += 1
        tally = self._tallies[deed] = Tally(deed, now_us)
        return tally

    async def run(self) -> None:
        """Write what is noted, and let go of what is too old, until cancelled."""
        expiring = asyncio.get_running_loop().time()
        try:
            while True:
                if asyncio.get_running_loop().time() >= expiring:
                    expiring += _EXPIRE_SECONDS
                    await self._expire()
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(expiring):
                        await self._noted.wait()
                await self.write()
                await asyncio.sleep(_WRITE_SECONDS)
        finally:
            await self.write()

    async def write(self) -> None:
        """Store what is noted. What cannot be stored now is kept for the next time."""
        self._noted.clear()
        written, self._unwritten = self._unwritten, {}
        if not written:
            return
        try:
            await self.store.write(list(written.values()))
        except BaseException as error:  # what is written twice takes the same place twice
            self._unwritten = written | self._unwritten
            self._noted.set()
            if not isinstance(error, AuditError):
                raise
            structlog.get_logger().warning("audit_not_written", entries=len(self._unwritten), reason=str(error))

    async def _expire(self) -> None:
        try:
            before_us = to_micros(self._clock() - self._keep)
            dropped = sum([await self.store.expire(before_us, actions, most) for actions, most in _MOST_ENTRIES.items()])
        except AuditError as error:
            structlog.get_logger().warning("audit_not_expired", reason=str(error))
        else:
            if dropped:
                structlog.get_logger().info("audit_expired", entries=dropped)


def _room_of(deed: Deed) -> str:
    if deed.action is Action.CHANGE:
        return "changes"
    is_stranger = deed.outcome is not Outcome.ALLOWED and deed.action in {Action.ENTER, Action.LOG_IN}
    return "strangers" if is_stranger else "others"


def _blurred(deed: Deed) -> Deed:
    """What is still told where there is no room for more: who did it, as far as that is certain."""
    actor = None if _room_of(deed) == "strangers" else deed.actor
    message = "more in one minute than are told apart"
    return Deed(actor=actor, address=None, action=deed.action, outcome=deed.outcome, code=deed.code, message=message)


def count_left_out(registry: CollectorRegistry) -> Counter:
    """What was not told apart."""
    return Counter("glasshouse_audit_left_out", "Deeds that the audit trail did not tell apart from others", registry=registry)
