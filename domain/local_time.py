"""From a logger's wall clock to UTC: zones, dated offsets, the hour that exists twice and the hour that never was."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final, Protocol

import msgspec

_NOON: Final = timedelta(hours=12)


class Twice(StrEnum):
    """Which of its two moments a local time is that existed twice. COUNTER and ORDER ask `second_passes`."""

    FIRST = "first"
    SECOND = "second"
    COUNTER = "counter"
    ORDER = "order"
    DEAD_LETTER = "dead_letter"


class Never(StrEnum):
    """How to read a local time that the zone skipped: by the offset before the change, by the one after, or not at all."""

    OFFSET_BEFORE = "offset_before"
    OFFSET_AFTER = "offset_after"
    DEAD_LETTER = "dead_letter"


class Unplaceable(msgspec.Struct, frozen=True):
    """A local time that is no moment in UTC, and why."""

    reason: str


class Zone(Protocol):
    """What gives a local time its offset from UTC; `fold` 1 asks for the second where there are two. ZoneInfo is one."""

    def utcoffset(self, moment: datetime, /) -> timedelta | None: ...


class DatedOffsets:
    """A clock that was set by hand: one offset from the start, others each from a moment on."""

    def __init__(self, first: timedelta, changes: Sequence[tuple[datetime, timedelta]] = ()) -> None:
        moments = [_utc(moment) for moment, _ in changes]
        if any(later <= earlier for earlier, later in pairwise(moments)):
            raise ValueError("each change of offset must be later than the one before it")
        offsets = [first, *(offset for _, offset in changes)]
        self._first = first
        self._changes = [(moment, *pair) for moment, pair in zip(moments, pairwise(offsets), strict=True)]

    def utcoffset(self, moment: datetime, /) -> timedelta:
        """The offset at a local time; where the clock showed it twice, or skipped it, `fold` 0 is the one before the change."""
        for change, before, after in reversed(self._changes):
            since = moment - change
            if since >= max(before, after):
                return after
            if since >= min(before, after):
                return after if moment.fold else before
        return self._first


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} needs an offset, as in {moment.isoformat()}+01:00")
    return moment.astimezone(UTC).replace(tzinfo=None)


class LocalClock:
    """The wall clock of a logger: its zone, and what to do where a wall clock is not enough."""

    def __init__(self, zone: Zone, *, twice: Twice = Twice.DEAD_LETTER, never: Never = Never.DEAD_LETTER) -> None:
        self._zone = zone
        self.twice = twice
        self.never = never

    def is_twice(self, local: datetime) -> bool:
        """Whether the clock showed this local time twice."""
        first, second = self._offsets(local)
        return first > second

    def to_utc(self, local: datetime, *, second: bool | None = None) -> datetime | Unplaceable:
        """The moment in UTC. `second` tells the pass of a local time that existed twice, where the policy looks at others."""
        first_offset, second_offset = self._offsets(local)
        if first_offset == second_offset:
            return _minus(local, first_offset)
        if first_offset < second_offset:
            return self._never(local, first_offset, second_offset)
        return self._twice(local, first_offset, second_offset, second)

    def _offsets(self, local: datetime) -> tuple[timedelta, timedelta]:
        first, second = self._zone.utcoffset(local), self._zone.utcoffset(local.replace(fold=1))
        if first is None or second is None:
            raise ValueError(f"{self._zone} knows no offset from UTC")
        return first, second

    def _never(self, local: datetime, before: timedelta, after: timedelta) -> datetime | Unplaceable:
        offset = {Never.OFFSET_BEFORE: before, Never.OFFSET_AFTER: after}.get(self.never)
        if offset is None:
            return Unplaceable("this local time never was: the clocks were put forward over it")
        return _minus(local, offset)

    def _twice(
        self, local: datetime, first: timedelta, second_offset: timedelta, second: bool | None
    ) -> datetime | Unplaceable:
        if self.twice is Twice.FIRST:
            return _minus(local, first)
        if self.twice is Twice.SECOND:
            return _minus(local, second_offset)
        if self.twice is Twice.DEAD_LETTER or second is None:
            return Unplaceable("this local time existed twice: the clocks were put back over it")
        return _minus(local, second_offset if second else first)


def _minus(local: datetime, offset: timedelta) -> datetime | Unplaceable:
    try:
        return (local - offset).replace(tzinfo=UTC, fold=0)
    except OverflowError:
        return Unplaceable("the time is beyond the calendar")


def second_passes(seen: Iterable[tuple[int, datetime]]) -> dict[tuple[int, datetime], bool]:
    """Of the (key, local time) of rows in hours that existed twice: whether each is of the second pass.

    Read in the order of its key (a record counter, or the row's place in the file) a clock runs forward, so the second pass
    begins where it steps back. A night without a step back is taken to be all of the first pass.
    """
    passes: dict[tuple[int, datetime], bool] = {}
    before: dict[object, datetime] = {}
    stepped: set[object] = set()
    for key, local in sorted(seen):
        night = (local + _NOON).date()
        if local < before.get(night, local):
            stepped.add(night)
        before[night] = local
        passes[key, local] = night in stepped
    return passes
