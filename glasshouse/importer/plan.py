"""A mapping applied to one file: which cell is what, with all that a row needs worked out beforehand."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from pathlib import Path

import msgspec

from domain.local_time import LocalClock
from glasshouse.importer.clocks import build_clock
from glasshouse.importer.load import MappingError
from glasshouse.importer.mapping import Column, FileMapping, Mapping, ReadingColumn
from glasshouse.importer.time_formats import ParseTime, time_parser
from glasshouse.importer.values import Lookup, Range
from schema.ids import is_valid_id
from schema.metrics import METRICS


class Cell(msgspec.Struct, frozen=True):
    """A value of a reading: where it stands, its metric as JSON, its map, and what is plausible in the unit as written."""

    index: int
    name: str
    json_name: str
    lookup: Lookup | None
    plausible: Range


class Sensor(msgspec.Struct, frozen=True):
    """A sensor's cells, and the ends of its payload, which are the same in each row."""

    name: str
    cells: tuple[Cell, ...]
    prefix: str
    suffix: str


class Actuator(msgspec.Struct, frozen=True):
    """An actuator's cell."""

    name: str
    index: int
    lookup: Lookup | None
    prefix: str


class Plan(msgspec.Struct, frozen=True):
    """How to read one file."""

    path: Path
    site: str
    device: str
    width: int
    time_index: int
    parse_time: ParseTime
    clock: LocalClock
    counter_index: int | None
    sensors: tuple[Sensor, ...]
    actuators: tuple[Actuator, ...]
    missing: frozenset[str]
    decimal: str


def build_plan(path: Path, entry: FileMapping, mapping: Mapping, header: Sequence[str]) -> Plan:
    """The plan for a file with this header; MappingError where the columns are not those that the mapping names."""
    columns = _Columns(path.name, header)
    lookups = {name: Lookup(table, entry.decimal) for name, table in mapping.maps.items()}
    plan = Plan(
        path=path,
        site=mapping.site,
        device=_device(entry, path),
        width=len(header),
        time_index=columns.index(entry.time.column),
        parse_time=time_parser(entry.time.formats),
        clock=build_clock(mapping.clocks[entry.time.clock]),
        counter_index=None if entry.counter is None else columns.index(entry.counter),
        sensors=_sensors(entry.readings, columns, lookups),
        actuators=tuple(
            Actuator(
                state.actuator,
                columns.index(state.column),
                lookups[state.map] if state.map else None,
                f'{{"actuatorId":{json.dumps(state.actuator)},"timestamp":"',
            )
            for state in entry.states
        ),
        missing=frozenset(entry.missing),
        decimal=entry.decimal,
    )
    for column in entry.ignore:
        columns.index(column)
    columns.refuse_unnamed()
    return plan


class _Columns:
    """The header of a file. It remembers which columns were asked for, so that none is left out in silence."""

    def __init__(self, file: str, header: Sequence[str]) -> None:
        self._file = file
        self._names = [name.strip() for name in header]
        self._counts = Counter(self._names)
        self._unnamed = set(range(len(header)))

    def index(self, column: Column) -> int:
        found = column - 1 if isinstance(column, int) else self._by_name(column.strip())
        if found >= len(self._names):
            raise MappingError(f"{self._file} has {len(self._names)} columns, and no column {column}")
        self._unnamed.discard(found)
        return found

    def _by_name(self, name: str) -> int:
        count = self._counts[name]
        if count != 1:
            found = "has no column" if count == 0 else f"has {count} columns"
            hint = f"; it has: {', '.join(self._names)}" if count == 0 else "; name it by its place, from 1"
            raise MappingError(f"{self._file} {found} {name!r}{hint}")
        return self._names.index(name)

    def refuse_unnamed(self) -> None:
        if self._unnamed:
            names = ", ".join(f"{index + 1} ({self._names[index]!r})" for index in sorted(self._unnamed))
            raise MappingError(f"{self._file}: the mapping does not name column {names}: map it, or list it under 'ignore'")


def _device(entry: FileMapping, path: Path) -> str:
    device = entry.device.replace("{stem}", path.stem)
    if not is_valid_id(device):
        raise MappingError(f"{path.name}: {device!r} cannot be the id of a device; name one with 'device'")
    return device


def _sensors(columns: Sequence[ReadingColumn], found: _Columns, lookups: Dict[str, Lookup]) -> tuple[Sensor, ...]:
    by_sensor: defaultdict[str, list[ReadingColumn]] = defaultdict(list)
    for column in columns:
        by_sensor[column.sensor].append(column)
    return tuple(
        Sensor(
            sensor,
            tuple(_cell(column, found, lookups) for column in group),
            f'{{"sensorId":{json.dumps(sensor)},"timestamp":"',
            _suffix(group),
        )
        for sensor, group in by_sensor.items()
    )


def _cell(column: ReadingColumn, found: _Columns, lookups: Dict[str, Lookup]) -> Cell:
    lookup = lookups[column.map] if column.map else None
    return Cell(
        found.index(column.column), column.metric, json.dumps(column.metric), lookup, Range.of(column.metric, column.unit)
    )


def _suffix(group: Sequence[ReadingColumn]) -> str:
    """The end of a reading: units are sent where they are not the metric's own."""
    units = {column.metric: column.unit for column in group if column.unit not in (None, _own_unit(column.metric))}
    return "}}" if not units else f'}},"units":{json.dumps(units, ensure_ascii=False)}}}'


def _own_unit(metric: str) -> str | None:
    return METRICS[metric].unit if metric in METRICS else None
