"""Raw readings on their way into the history: columns from the start, since a rebuild has millions and works on each often."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

import msgspec
import numpy as np

from domain.columns import Bools, Float64, Int8, Int64
from domain.rows import QUALITIES, Ids, join_ids, split_ids
from schema.envelope import Position
from schema.events import Quality
from schema.ids import EventId

Series: TypeAlias = tuple[str, str, str]
"""Device, sensor, metric."""
Row: TypeAlias = tuple[str, str, str, int, float, str | None, Quality, EventId, int, int, Position]
"""Device, sensor, metric, time, value, unit, quality, event id, recorded time, revision and position."""
Name = TypeVar("Name")
_ID_BYTES: Final = 16
_CODES: Final = {quality: code for code, quality in enumerate(QUALITIES)}


class RawRows(msgspec.Struct, frozen=True):
    """Values of metrics in the order of the log. Times are microseconds since the epoch.

    `series` are places in `keys`, `unit` places in `units`; `quality` and `ids` are as in `Columns`.
    """

    keys: Sequence[Series]
    series: Int64
    times: Int64
    values: Float64
    units: Sequence[str | None]
    unit: Int64
    quality: Int8
    ids: Ids
    recorded: Int64
    revisions: Int64
    positions: Int64

    def __len__(self) -> int:
        return len(self.series)

    def only(self, chosen: Bools | Int64 | slice) -> "RawRows":
        """Some of the rows."""
        return RawRows(
            self.keys,
            self.series[chosen],
            self.times[chosen],
            self.values[chosen],
            self.units,
            self.unit[chosen],
            self.quality[chosen],
            self.ids[chosen],
            self.recorded[chosen],
            self.revisions[chosen],
            self.positions[chosen],
        )

    def each(self) -> Iterator[Row]:
        """Row by row."""
        ids = join_ids(self.ids)
        return zip(
            *([self.keys[series][part] for series in self.series.tolist()] for part in range(3)),
            self.times.tolist(),
            self.values.tolist(),
            [self.units[unit] for unit in self.unit.tolist()],
            [QUALITIES[quality] for quality in self.quality.tolist()],
            [ids[start : start + _ID_BYTES] for start in range(0, len(ids), _ID_BYTES)],
            self.recorded.tolist(),
            self.revisions.tolist(),
            map(Position, self.positions.tolist()),
            strict=True,
        )


class RawRowsTaken:
    """Readings as they come, to be made into rows."""

    def __init__(self) -> None:
        self._keys: dict[Series, int] = {}
        self._units: dict[str | None, int] = {}
        self._series: list[int] = []
        self._values: list[float] = []
        self._unit: list[int] = []
        # The following are one a reading, not one a value.
        self._counts: list[int] = []
        self._times: list[int] = []
        self._quality: list[int] = []
        self._ids: list[EventId] = []
        self._recorded: list[int] = []
        self._revisions: list[int] = []
        self._positions: list[int] = []

    def __len__(self) -> int:
        return len(self._series)

    def add(  # a row has so many columns
        self,
        device: str,
        sensor: str,
        values: Mapping[str, float],
        units: Mapping[str, str],
        *,
        quality: Quality,
        time_us: int,
        event_id: EventId,
        recorded_us: int,
        revision: int,
        position: int,
    ) -> None:
        """A row for each of the values, by metric."""
        keys, unit_numbers = self._keys, self._units
        for metric, value in values.items():
            self._series.append(keys.setdefault((device, sensor, metric), len(keys)))
            self._values.append(value)
            self._unit.append(unit_numbers.setdefault(units.get(metric), len(unit_numbers)))
        self._counts.append(len(values))
        self._times.append(time_us)
        self._quality.append(_CODES[quality])
        self._ids.append(event_id)
        self._recorded.append(recorded_us)
        self._revisions.append(revision)
        self._positions.append(position)

    def rows(self) -> RawRows:
        """All that were added."""
        each = np.repeat(np.arange(len(self._counts)), self._counts)
        return RawRows(
            list(self._keys),
            np.array(self._series, np.int64),
            np.array(self._times, np.int64)[each],
            np.array(self._values, np.float64),
            list(self._units),
            np.array(self._unit, np.int64),
            np.array(self._quality, np.int8)[each],
            split_ids(b"".join(self._ids))[each],
            np.array(self._recorded, np.int64)[each],
            np.array(self._revisions, np.int64)[each],
            np.array(self._positions, np.int64)[each],
        )


def joined(parts: Sequence[RawRows]) -> RawRows:
    """The rows of all parts, of which there is at least one."""
    if len(parts) == 1:
        return parts[0]
    keys: dict[Series, int] = {}
    units: dict[str | None, int] = {}
    series = [_renumbered(part.keys, keys)[part.series] for part in parts]
    unit = [_renumbered(part.units, units)[part.unit] for part in parts]
    return RawRows(
        list(keys),
        np.concatenate(series),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.values for part in parts]),
        list(units),
        np.concatenate(unit),
        np.concatenate([part.quality for part in parts]),
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.recorded for part in parts]),
        np.concatenate([part.revisions for part in parts]),
        np.concatenate([part.positions for part in parts]),
    )


def _renumbered(names: Sequence[Name], numbers: dict[Name, int]) -> Int64:
    """For each name its number among those known so far, itself included."""
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)
