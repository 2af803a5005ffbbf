"""The mapping file: what the columns of a logger's CSV mean. One table for each kind of file, checked before a row is read."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from domain.local_time import Never, Twice
from schema.actuators import Scalar
from schema.ids import ID_PATTERN

Id = Annotated[str, msgspec.Meta(pattern=f"^{ID_PATTERN}$")]
Column = str | Annotated[int, msgspec.Meta(ge=1)]
"""A column by the name in its header (spaces around it do not count), or by its place, from 1."""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the mapping file: a key that it does not know is an error."""


class Otherwise(StrEnum):
    """What becomes of a value that a map does not list."""

    MISSING = "missing"
    DEAD_LETTER = "dead_letter"
    KEEP = "keep"


class ValueMap(Table, frozen=True):
    """Values as the logger writes them -> what they mean. Numbers match within `tolerance`, other text as it stands."""

    values: dict[str, Scalar]
    tolerance: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    otherwise: Otherwise = Otherwise.MISSING


class OffsetFrom(Table, frozen=True):
    """The logger's clock stood at this offset from UTC, from that moment on; without one, from the start."""

    offset: str
    since: datetime | None = msgspec.field(default=None, name="from")


class Clock(Table, frozen=True):
    """How a logger's wall clock runs: in a time zone, or at offsets that changed on known dates."""

    zone: str | None = None
    offsets: list[OffsetFrom] = []
    twice: Twice = Twice.DEAD_LETTER
    never: Never = Never.DEAD_LETTER


class Time(Table, frozen=True):
    """Where a row's time stands, and how it is written: `%d/%m/%Y %H:%M:%S`. Of several formats the first that fits."""

    column: Column
    formats: Annotated[list[str], msgspec.Meta(min_length=1)]
    clock: str


class ReadingColumn(Table, frozen=True):
    """A column of measured values. Columns of one sensor are one reading."""

    column: Column
    metric: Id
    sensor: Id = "main"
    unit: str | None = None
    map: str | None = None


class StateColumn(Table, frozen=True):
    """A column that says what state an actuator is in; a change of it is an event."""

    column: Column
    actuator: Id
    map: str | None = None


class FileMapping(Table, frozen=True):
    """The files of one kind. Every column is named: as a reading, a state, the time, the counter, or to be ignored."""

    name: str
    time: Time
    device: str = "{stem}"
    counter: Column | None = None
    readings: list[ReadingColumn] = []
    states: list[StateColumn] = []
    ignore: list[Column] = []
    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8-sig"
    decimal: Annotated[str, msgspec.Meta(pattern="^[.,]$")] = "."
    missing: tuple[str, ...] = ("", "NaN", "nan", "NA", "N/A", "null")


class Mapping(Table, frozen=True):
    """A mapping file."""

    site: Id
    clocks: dict[str, Clock]
    files: Annotated[list[FileMapping], msgspec.Meta(min_length=1)] = msgspec.field(name="file")
    maps: dict[str, ValueMap] = {}
