"""From a mapping's words about a wall clock to the clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.local_time import DatedOffsets, LocalClock
from glasshouse.importer.mapping import Clock, OffsetFrom


def build_clock(clock: Clock) -> LocalClock:
    """The clock that a mapping describes; ValueError in plain words."""
    if (clock.zone is None) == (not clock.offsets):
        raise ValueError("a clock has either a zone or offsets")
    zone = _offsets(clock.offsets) if clock.zone is None else _zone(clock.zone)
    return LocalClock(zone, twice=clock.twice, never=clock.never)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone; zones are written as in 'Europe/Rome'") from error


def _offsets(offsets: Sequence[OffsetFrom]) -> DatedOffsets:
    first, *changes = offsets
    if first.since is not None:
        raise ValueError("the first offset holds from the start: it has no 'from'")
    dated = []
    for change in changes:
        if change.since is None:
            raise ValueError(f"the offset {change.offset} needs a 'from', a time with its offset")
        dated.append((change.since, _offset(change.offset)))
    return DatedOffsets(_offset(first.offset), dated)


def _offset(text: str) -> timedelta:
    try:
        offset = datetime.strptime(text, "%z").utcoffset()
    except ValueError as error:
        raise ValueError(f"{text!r} is not an offset from UTC; offsets are written as in '+01:00'") from error
    return offset or timedelta(0)
