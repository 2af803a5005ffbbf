"""What a mapping can have wrong that its types do not show, each as one plain sentence."""

import codecs
from collections import Counter
from collections.abc import Iterator
from math import isfinite

from domain.local_time import Twice
from glasshouse.importer.clocks import build_clock
from glasshouse.importer.mapping import FileMapping, Mapping, ReadingColumn
from glasshouse.importer.time_formats import time_parser
from schema.actuators import Scalar
from schema.metrics import UnknownUnitError, conversion


def problems(mapping: Mapping) -> Iterator[str]:
    """The problems of a mapping, the most basic first."""
    for name, clock in mapping.clocks.items():
        try:
            build_clock(clock)
        except ValueError as error:
            yield f"clocks.{name}: {error}"
    for name, count in Counter(entry.name for entry in mapping.files).items():
        if count > 1:
            yield f"file {name!r} stands here {count} times"
    for entry in mapping.files:
        yield from (f"file {entry.name!r}: {problem}" for problem in _of_file(entry, mapping))


def _of_file(entry: FileMapping, mapping: Mapping) -> Iterator[str]:
    clock = mapping.clocks.get(entry.time.clock)
    if clock is None:
        yield f"there is no clock {entry.time.clock!r}; there are: {', '.join(sorted(mapping.clocks))}"
    elif clock.twice is Twice.COUNTER and entry.counter is None:
        yield f'the clock {entry.time.clock!r} asks for a counter (twice = "counter"), but no counter column is named'
    try:
        time_parser(entry.time.formats)
    except ValueError as error:
        yield str(error)
    if not entry.readings and not entry.states:
        yield "it names no readings and no states"
    if not _is_encoding(entry.encoding):
        yield f"{entry.encoding!r} is not an encoding that is known here"
    if entry.decimal == entry.delimiter:
        yield "delimiter and decimal are the same"
    yield from _twice(f"{column.sensor}.{column.metric}" for column in entry.readings)
    yield from _twice(f"actuator {column.actuator}" for column in entry.states)
    for reading in entry.readings:
        yield from _of_reading(reading, mapping)
    yield from (
        f"there is no map {state.map!r}" for state in entry.states if state.map is not None and state.map not in mapping.maps
    )


def _of_reading(reading: ReadingColumn, mapping: Mapping) -> Iterator[str]:
    if reading.unit is not None:
        try:
            conversion(reading.metric, reading.unit)
        except UnknownUnitError as error:
            yield f"column {reading.column!r}: {error}"
    if reading.map is None:
        return
    table = mapping.maps.get(reading.map)
    if table is None:
        yield f"there is no map {reading.map!r}"
    elif not all(_is_number(value) for value in table.values.values()):
        yield f"the map {reading.map!r} is used for a reading, so its values must be numbers"


def _is_number(value: Scalar) -> bool:
    return not isinstance(value, str | bool) and isfinite(value)


def _twice(names: Iterator[str]) -> Iterator[str]:
    yield from (f"{name} is mapped {count} times" for name, count in Counter(names).items() if count > 1)


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True
