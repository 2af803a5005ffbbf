"""From a row to the native messages that a device would have sent: a reading per sensor, a state where it changes."""

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from glasshouse.importer.plan import Actuator, Cell, Plan, Sensor
from glasshouse.importer.row_times import RowTimes
from glasshouse.importer.values import NotUnderstoodError, parse_number
from schema.actuators import Scalar


class Kind(StrEnum):
    """What a message is about: the last level of its topic."""

    READING = "reading"
    STATE = "state"


class Item(msgspec.Struct, frozen=True, gc=False):
    """A message made of a row, about the sensor or actuator `name`.

    `fault` is why it cannot be understood, if so: it is sent all the same, with the row as it stands, so that it is kept.
    """

    kind: Kind
    name: str
    line: int
    payload: bytes
    missing: int = 0
    out_of_range: int = 0
    fault: str | None = None


class RowReader:
    """Reads the rows of one file in order. It remembers the last state of each actuator, and nothing else."""

    def __init__(self, plan: Plan, times: RowTimes) -> None:
        self._plan = plan
        self._times = times
        self._states: dict[str, Scalar] = {}

    def items(self, line: int, row: Sequence[str], fault: str | None = None) -> Iterator[Item]:
        """The messages of a row. With a `fault`, or where the row cannot be read, each of them is faulty."""
        try:
            when, seq = self._when(line, row, fault)
        except NotUnderstoodError as error:
            yield from self._unreadable(line, row, str(error))
            return
        for sensor in self._plan.sensors:
            yield self._reading(sensor, line, row, f"{when}{seq}")
        for actuator in self._plan.actuators:
            yield from self._state(actuator, line, row, when)

    def _when(self, line: int, row: Sequence[str], fault: str | None) -> tuple[str, str]:
        if fault is not None:
            raise NotUnderstoodError(fault)
        if len(row) != self._plan.width and (len(row) < self._plan.width or any(map(str.strip, row[self._plan.width :]))):
            raise NotUnderstoodError(f"the row has {len(row)} cells, the header {self._plan.width}")
        moment, counter = self._times.utc(line, row), self._times.counter(row)
        return f'{moment.isoformat()[:-6]}Z"', "" if counter is None else f',"seq":{counter}'

    def _reading(self, sensor: Sensor, line: int, row: Sequence[str], head: str) -> Item:
        parts, missing, odd = [], 0, 0
        try:
            for cell in sensor.cells:
                value = self._number(cell, row[cell.index])
                if value is None:
                    missing += 1
                    parts.append(f"{cell.json_name}:null")
                else:
                    odd += not cell.plausible.holds(value)
                    parts.append(f"{cell.json_name}:{value!r}")
        except NotUnderstoodError as error:
            return self._faulty(Kind.READING, sensor.name, line, row, f"{cell.name}: {error}")
        payload = f'{sensor.prefix}{head},"reading":{{{",".join(parts)}{sensor.suffix}'
        return Item(Kind.READING, sensor.name, line, payload.encode(), missing, odd)

    def _number(self, cell: Cell, text: str) -> float | None:
        """The value of a cell, None where it is missing."""
        text = text.strip()
        if text in self._plan.missing:
            return None
        if cell.lookup is None:
            return parse_number(text, self._plan.decimal)
        found = cell.lookup.find(text)
        return parse_number(found) if isinstance(found, str) else found

    def _state(self, actuator: Actuator, line: int, row: Sequence[str], when: str) -> Iterator[Item]:
        """The state of an actuator where it is another than in the rows before; a blank cell says nothing."""
        text = row[actuator.index].strip()
        if text in self._plan.missing:
            return
        try:
            state = self._scalar(actuator, text)
        except NotUnderstoodError as error:
            yield self._faulty(Kind.STATE, actuator.name, line, row, str(error))
            return
        if state is not None and self._states.get(actuator.name) != state:
            self._states[actuator.name] = state
            payload = f'{actuator.prefix}{when},"state":{json.dumps(state)}}}'
            yield Item(Kind.STATE, actuator.name, line, payload.encode())

    def _scalar(self, actuator: Actuator, text: str) -> Scalar | None:
        if actuator.lookup is not None:
            return actuator.lookup.find(text)
        try:
            return parse_number(text, self._plan.decimal)
        except NotUnderstoodError:
            return text

    def _unreadable(self, line: int, row: Sequence[str], fault: str) -> Iterator[Item]:
        for sensor in self._plan.sensors:
            yield self._faulty(Kind.READING, sensor.name, line, row, fault)
        for actuator in self._plan.actuators:
            yield self._faulty(Kind.STATE, actuator.name, line, row, fault)

    def _faulty(self, kind: Kind, name: str, line: int, row: Sequence[str], fault: str) -> Item:
        """A message that no ingest can take for a fact, with all there is to repair it from."""
        told = {"cannotBeRead": fault, "about": name, "file": self._plan.path.name, "line": line, "row": list(row)}
        return Item(kind, name, line, msgspec.json.encode(told), fault=fault)
