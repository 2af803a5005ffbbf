"""Comparing two versions of a read model as they stand at one position, without stopping either for long."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import reduce
from itertools import islice
from typing import Final, Protocol

import msgspec

from adapters.event_log.port import EventLog
from domain.day_digests import DayDigests, DeviceDay, differing
from glasshouse.versions.made import Digests, Gone
from projections.engine import Troupe
from projections.rebuilds import DifferingDay, PartReport
from schema.envelope import Position

NAMED: Final = 20
"""So many of the days that differ are named."""


class Compared(Protocol):
    """What is compared of a version: `digests` and `gone` of `Made`."""

    async def digests(self, taken: Callable[[], None]) -> Digests: ...

    def gone(self, part: str) -> Gone: ...


class Comparison(msgspec.Struct, frozen=True):
    """What both hold at `position`; `days` names some of the `differing_days`, the first by device and day."""

    position: Position | None
    parts: Sequence[PartReport]
    differing_days: int
    days: Sequence[DifferingDay]

    def differing(self) -> dict[str, int]:
        return {part.name: part.differing for part in self.parts}

    def candidate(self) -> dict[str, str]:
        return {part.name: part.candidate for part in self.parts}


@asynccontextmanager
async def standing_still(log: EventLog, troupes: Sequence[Troupe]) -> AsyncIterator[Position | None]:
    """All of them hold exactly what the log holds up to one position, for as long as the block runs."""
    for troupe in troupes:
        troupe.close_gates()
    try:
        position = await log.head()
        if position is not None:
            for troupe in troupes:
                troupe.open_gates(position)
            for troupe in troupes:
                await troupe.reached(position)
        yield position
    finally:
        for troupe in troupes:
            troupe.open_gates()


async def compare(log: EventLog, troupes: Sequence[Troupe], serving: Compared, candidate: Compared) -> Comparison:
    """What the two hold, but of days that cannot be made anew in one of them, which has the raw readings no more.

    They go on as soon as both have been looked at, which may be long before both are digested.
    """
    asked: list[asyncio.Task[Digests]] = []
    async with asyncio.TaskGroup() as tasks, standing_still(log, troupes) as position:
        looked = [asyncio.Event(), asyncio.Event()]
        for one, event, name in zip((serving, candidate), looked, ("serving", "candidate"), strict=True):
            asked.append(tasks.create_task(one.digests(event.set), name=f"digests-{name}"))
        await asyncio.gather(*(event.wait() for event in looked))
    left, right = (task.result() for task in asked)
    gone = {part: [one.gone(part) for one in (serving, candidate)] for part in left}
    return await asyncio.to_thread(lambda: compared(position, _without(left, gone), _without(right, gone)))


def _without(digests: Digests, gone: Mapping[str, Sequence[Gone]]) -> Digests:
    return {
        part: reduce(DayDigests.without, gone[part], found) if isinstance(found, DayDigests) else found
        for part, found in digests.items()
    }


def compared(position: Position | None, left: Digests, right: Digests) -> Comparison:
    """The comparison of what the serving version and the candidate hold."""
    found: dict[DeviceDay, list[str]] = {}
    parts = []
    for name in left:
        count = _differing(name, left, right, found)
        parts.append(PartReport(name, _text(left[name]), _text(right[name]), count))
    named = [DifferingDay(one.device, one.day, names) for one, names in islice(sorted(found.items()), NAMED)]
    return Comparison(position, parts, len(found), named)


def _differing(name: str, left: Digests, right: Digests, found: dict[DeviceDay, list[str]]) -> int:
    one, other = left[name], right[name]
    if not isinstance(one, DayDigests) or not isinstance(other, DayDigests):
        return int(one != other)
    count = 0
    for day in differing(one, other):
        found.setdefault(day, []).append(name)
        count += 1
    return count


def _text(digest: DayDigests | str) -> str:
    return digest if isinstance(digest, str) else str(digest.total())
