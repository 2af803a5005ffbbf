"""One run of a copy: see how far it has come, copy the rest, read it back, and report."""

import time
from collections.abc import Callable
from contextlib import aclosing

import msgspec

from adapters.event_log.port import EventLog, LogError
from glasshouse.copier.reading import Patience, pages_of
from glasshouse.copier.report import CopyReport, Side, renumbered_in, streams_of
from glasshouse.copier.standing import standing
from glasshouse.copier.transfer import transfer
from glasshouse.copier.verify import Pair, differences, read_back
from schema.envelope import Position


class Step(msgspec.Struct, frozen=True):
    """How far a phase is. Positions are no counts, but they grow with the work, and both logs know their end."""

    phase: str
    position: int
    end: int
    events: int


class Named(msgspec.Struct, frozen=True):
    """A log, and the address that a report may show."""

    address: str
    log: EventLog


Watch = Callable[[Step], None]


async def run_copy(source: Named, target: Named, watch: Watch, *, patience: Patience | None = None) -> CopyReport:
    """Copy what the source holds by now. ForeignTargetError where the target is no beginning of it."""
    if source.log.log_id == target.log.log_id:
        raise LogError(f"{source.address} and {target.address} are the same log, or one is a copy of the other's files")
    patience = patience or Patience()
    began, until = time.monotonic(), await patience.ask(source.log.head)

    def step(phase: str, end: int | None) -> Callable[[int, int], None]:
        return lambda position, events: watch(Step(phase, position, end or 0, events))

    stood = await standing(source.log, target.log, until, patience, progress=step("comparing what is there", until))
    wanted = stood.tally.copy()
    if until is not None and not stood.beyond:
        async with aclosing(pages_of(source.log, stood.source, until, patience)) as pages:
            await transfer(pages, target.log, wanted, patience, progress=step("copying", until))
    seconds = time.monotonic() - began
    head = await patience.ask(target.log.head)
    found = wanted
    if not stood.beyond:
        found = await read_back(target.log, stood, patience, progress=step("verifying", head))
    return CopyReport(
        source=Side(source.address, source.log.log_id, until),
        target=Side(target.address, target.log.log_id, head),
        events=wanted.events,
        already_there=stood.tally.events,
        copied=wanted.events - stood.tally.events,
        let_go=stood.let_go,
        beyond=stood.beyond,
        came_since=await _count(source.log, until, patience),
        hash=wanted.digest,
        streams=streams_of(wanted),
        renumbered=renumbered_in(wanted),
        differences=await differences(Pair(source.log, target.log, until, patience), wanted, found),
        seconds=round(seconds, 3),
    )


async def _count(log: EventLog, after: Position | None, patience: Patience) -> int:
    count = 0
    async with aclosing(pages_of(log, after, None, patience)) as pages:
        async for page in pages:
            count += len(page.events)
    return count
