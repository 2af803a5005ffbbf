"""How far back a history goes, where old rows and windows move out of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

from domain.anomalies import DAYS
from domain.windows import Span
from schema.times import DAY_US, EARLIEST_US

BESIDE_US: Final = 2 * DAY_US
"""Where shorter windows are no longer kept, whole days of a site are made of raw rows."""


class Horizon(Protocol):
    """How far back a history goes."""

    def windows_from(self, span: Span) -> int:
        """Windows of that span that start before this moment are no longer kept: they can be made again from raw rows."""
        ...

    def whole_from(self) -> int:
        """No raw rows of this moment or later are gone."""
        ...

    def rows_gone(self, device: str, start_us: int, end_us: int) -> bool:
        """Whether raw rows of [start, end) were there once and are kept nowhere any more."""
        ...

    def require(self, device: str, start_us: int, end_us: int) -> None:
        """BeyondRetentionError where they are gone."""
        ...

    def kept_from(self, device: str) -> int:
        """From where on there is what is kept of a device of which raw rows are gone; EARLIEST_US where none are."""
        ...

    def gone(self) -> Mapping[str, Sequence[int]]:
        """Where the UTC days start, of each device, whose raw rows are gone."""
        ...

    def archived(self, device: str, start_us: int, end_us: int) -> Sequence[int]:
        """Where the UTC days start that overlap [start, end) and may have raw rows of the device outside of the store."""
        ...


class Endless:
    """Implements `Horizon` for what keeps everything."""

    def windows_from(self, span: Span) -> int:
        del span
        return EARLIEST_US

    def whole_from(self) -> int:
        return EARLIEST_US

    def rows_gone(self, device: str, start_us: int, end_us: int) -> bool:
        del device, start_us, end_us
        return False

    def require(self, device: str, start_us: int, end_us: int) -> None:
        """Nothing is."""

    def kept_from(self, device: str) -> int:
        del device
        return EARLIEST_US

    def gone(self) -> Mapping[str, Sequence[int]]:
        return {}

    def archived(self, device: str, start_us: int, end_us: int) -> Sequence[int]:
        del device, start_us, end_us
        return ()


ENDLESS: Final = Endless()


def unmade(horizon: Horizon, span: Span) -> Mapping[str, Collection[int]]:
    """Of each device the days, numbers since 1970, in which windows of that span that lean on rows that are gone may begin."""
    floor = max(horizon.windows_from(each) for each in Span)
    found = horizon.gone().items()
    return {device: {number for day in days for number in _around(day, span, floor)} for device, days in found}


def _around(day: int, span: Span, floor: int) -> range:
    """A day of a site may end in the day after; where windows were dropped, those beside the day stay as they were."""
    before = BESIDE_US if floor > EARLIEST_US else DAY_US * (span is Span.SITE_DAY)
    after = BESIDE_US if day + DAY_US < floor else 0
    return range((day - before) // DAY_US, (day + DAY_US + after) // DAY_US)


def judged_from(horizon: Horizon) -> int:
    """From when on hours are judged: before, what they are held against is no longer kept. Anomalies of then stand as found."""
    return horizon.windows_from(Span.HOUR) + DAYS * DAY_US
