"""A lease on a role, held through the role's own stream of the event log: taken, kept, lost, released.

Every step is an append at the revision that this process has read up to, so whoever was faster wins. While the log is away
nobody can take a lease over either: the holder stands still once its span is over, and goes on when it could renew after all.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, NoReturn

import structlog

from adapters.event_log.port import Append, Conflict, EventLog, LogUnavailableError
from domain.leases import ALL, Grant, LeaseBook
from glasshouse.errors import ExitCode, GlasshouseError
from glasshouse.lease_stream import own_clock, read_on
from schema.envelope import Metadata
from schema.events import Event
from schema.ids import content_event_id
from schema.leases import LeaseReleased, LeaseRenewed, LeaseTaken
from schema.registry import REGISTRY

_KEPT: Final = 50
"""Events of the stream that may have become needless before they are let go."""
_RELEASE_ATTEMPTS: Final = 5


class LeaseHeldError(GlasshouseError):
    """Another process holds what this one wants."""

    exit_code = ExitCode.HELD_ELSEWHERE


class LeaseLostError(LeaseHeldError):
    """Another process took over what this one held."""


class Lease:
    """One process's lease of a role, or of the part that it `owns`. `take` it, then run `keep` and `watch`, then `release`.

    `on_change` hears False when the span is over before it was renewed, and True when it is renewed after all: in between
    the role does nothing that others can see.
    """

    def __init__(
        self,
        log: EventLog,
        role: str,
        holder: str,
        *,
        span_seconds: float,
        owns: tuple[str, ...] = (ALL,),
        on_change: Callable[[bool], None] = lambda _held: None,
        clock: Callable[[], float] = own_clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.role, self.holder, self.owns = role, holder, owns
        self.fencing: int | None = None
        self.waits_for: Grant | None = None
        self._log, self._stream, self._span = log, f"lease-{role}", span_seconds
        self._on_change, self._clock, self._sleep = on_change, clock, sleep
        self._book = LeaseBook()
        self._held_until = 0.0
        self._let_go = 0
        self._told = False
        self._granted_now = asyncio.Event()

    @property
    def held(self) -> bool:
        """Whether it is ours now, by our own clock."""
        return self.fencing is not None and self._clock() < self._held_until

    async def standing(self) -> None:
        """Return while it is ours: at once, or when it is again."""
        while not self.held:
            self._granted_now.clear()
            await self._granted_now.wait()

    async def take(self, *, standby: bool = False) -> None:
        """Return as its holder. Where another lives who holds it: LeaseHeldError, or with `standby` wait for his end."""
        watched_from: int | None = None
        while True:
            try:
                await self._read()
                rivals = self._book.rivals(self.holder, self.owns, self._clock())
                self.waits_for = rivals[0] if rivals else None
                if rivals:
                    watched_from = self._book.revision if watched_from is None else watched_from
                    self._refuse(rivals, watched_from, standby=standby)
                elif await self._claim():
                    return
                else:
                    continue
            except LogUnavailableError:
                if not standby:
                    raise
                self._book.doubt(self._clock())
            await self._sleep(self._span / 10)

    async def keep(self) -> NoReturn:
        """Renew it in time, for ever; LeaseLostError once another holds it."""
        while True:
            await self._sleep(self._span / 3)
            await self._renew()

    async def watch(self) -> NoReturn:
        """Tell when the span is over, whatever the renewal is waiting for."""
        while True:
            left = self._held_until - self._clock()
            if left <= 0:
                self._tell(held=False)
            # Soon again in any case: timers do not count the time for which the machine sleeps.
            await self._sleep(min(left, self._span / 10) if left > 0 else self._span / 10)

    async def release(self) -> None:
        """Let the next have it at once, if it is still ours to give."""
        fencing, self.fencing = self.fencing, None
        if fencing is None:
            return
        try:
            for _ in range(_RELEASE_ATTEMPTS):
                await self._read()
                if not self._book.holds(fencing):
                    return
                if await self._append(LeaseReleased(role=self.role, holder=self.holder, fencing=fencing)):
                    return
        except LogUnavailableError as error:
            structlog.get_logger().warning("lease_not_released", role=self.role, reason=str(error))

    async def _claim(self) -> bool:
        fencing, asked_at = self._book.next_fencing(), self._clock()
        if not await self._append(self._said(LeaseTaken, fencing)):
            return False
        self.fencing = fencing
        self._granted(asked_at)
        structlog.get_logger().info("lease_taken", role=self.role, owns=self.owns, fencing=fencing)
        return True

    async def _renew(self) -> None:
        told: bool | None = None
        while True:
            try:
                await self._read()
                fencing = self._still_ours()
                asked_at = self._clock()
                if await self._append(self._said(LeaseRenewed, fencing)):
                    self._granted(asked_at)
                    await self._tidy()
                    return
            except LogUnavailableError as error:
                self._book.doubt(self._clock())
                if told != (told := self.held):  # at first, and once its span is over
                    structlog.get_logger().warning("lease_not_renewed", role=self.role, reason=str(error), held=told)
                await self._sleep(self._span / 10)

    def _granted(self, asked_at: float) -> None:
        """From before it was asked for: whoever sees the renewal sees it later, and waits for longer."""
        self._held_until = asked_at + self._span
        if self.held:
            self._granted_now.set()
            self._tell(held=True)

    def _tell(self, *, held: bool) -> None:
        if held is not self._told:
            self._told = held
            self._on_change(held)

    def _still_ours(self) -> int:
        if self.fencing is not None and self._book.holds(self.fencing):
            return self.fencing
        self.fencing = None
        taker = self._book.overlapping(self.owns)
        how = "lapsed, since it was not renewed in time" if taker is None else f"was taken over by {taker.holder}"
        raise LeaseLostError(f"the lease on {self._what()} {how}; this process stops")

    def _refuse(self, rivals: list[Grant], watched_from: int, *, standby: bool) -> None:
        """One that was renewed while we watched is held by somebody who lives."""
        alive = next((rival for rival in rivals if rival.revision > watched_from), None)
        if alive is not None and not standby:
            raise LeaseHeldError(
                f"{self._what()} is held by another process, {alive.holder}; stop that one, "
                "or start this one with --standby to take over when it ends"
            )

    def _what(self) -> str:
        return f"`{self.role}`" if self.owns == (ALL,) else f"`{self.role}` of {', '.join(self.owns)}"

    def _said(self, kind: type[LeaseTaken] | type[LeaseRenewed], fencing: int) -> Event:
        return kind(role=self.role, owns=self.owns, holder=self.holder, fencing=fencing, span_seconds=self._span)

    async def _append(self, event: Event) -> bool:
        """Whether it stands now as the next event after all that was read."""
        metadata = Metadata(schema_version=1, source="lease", received_at=datetime.now(UTC))
        packed = REGISTRY.pack(content_event_id(None, self._stream, self.holder, secrets.token_bytes(16)), event, metadata)
        expected = self._book.revision
        [result] = await self._log.append([Append(self._stream, expected, [packed])])
        if isinstance(result, Conflict):
            if result.current < expected:
                raise LeaseLostError(
                    f"the event log was set back: it holds less of {self._stream} than before; start this process anew"
                )
            await self._read()
            self._book.skip_to(result.current)
            return False
        self._book.take_in(result.revision, event, self._clock())
        return True

    async def _read(self) -> None:
        """All that is new. Where the log lets us wait, renewals may be waiting too."""
        asked_at = self._clock()
        await read_on(self._log, self._stream, self._book, self._clock)
        if self._clock() - asked_at > self._span / 3:
            self._book.doubt(self._clock())

    async def _tidy(self) -> None:
        """Let go of what tells of nothing any more, now and then."""
        needed = self._book.needed_from(self._clock())
        if needed - self._let_go >= _KEPT:
            await self._log.truncate(self._stream, needed)
            self._let_go = needed
