"""When a row was written: its cell of time and its counter, on the logger's clock."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from domain.local_time import Twice, Unplaceable, second_passes
from glasshouse.importer.plan import Plan
from glasshouse.importer.values import NotUnderstoodError

_COUNTER_DIGITS: Final = 18

Row = tuple[int, Sequence[str]]
"""A row's first line in the file, and its cells."""


class RowTimes:
    """Tells the moment of each row. Where the clock's policy looks at other rows, they are to be shown to `learn` first."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._passes: dict[tuple[int, datetime], bool] = {}

    @property
    def must_learn(self) -> bool:
        return self._plan.clock.twice in (Twice.COUNTER, Twice.ORDER)

    def learn(self, rows: Iterable[Row]) -> None:
        """Look at the rows in hours that existed twice, to tell the first pass from the second. Others are not kept."""
        doubled = set()
        for line, row in rows:
            if len(row) < self._plan.width:
                continue
            try:
                local = self.local(row)
                if self._plan.clock.is_twice(local):
                    doubled.add((self._key(line, row), local))
            except NotUnderstoodError:
                continue  # it becomes a dead letter when its turn comes
        self._passes = second_passes(doubled)

    def utc(self, line: int, row: Sequence[str]) -> datetime:
        """The moment of a row; NotUnderstoodError where its time cannot be read or placed."""
        local = self.local(row)
        second = self._passes.get((self._key(line, row), local)) if self._passes else None
        moment = self._plan.clock.to_utc(local, second=second)
        if isinstance(moment, Unplaceable):
            raise NotUnderstoodError(f"{row[self._plan.time_index].strip()}: {moment.reason}")
        return moment

    def local(self, row: Sequence[str]) -> datetime:
        text = row[self._plan.time_index].strip()
        try:
            return self._plan.parse_time(text)
        except ValueError:
            raise NotUnderstoodError(f"{text[:64]!r} is not a time as the mapping describes it") from None

    def counter(self, row: Sequence[str]) -> int | None:
        """The record counter of a row, if it has one."""
        if self._plan.counter_index is None:
            return None
        text = row[self._plan.counter_index].strip()
        if text in self._plan.missing:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= _COUNTER_DIGITS):
            raise NotUnderstoodError(f"{text[:64]!r} is not a record counter")
        return int(text)

    def _key(self, line: int, row: Sequence[str]) -> int:
        if self._plan.clock.twice is Twice.ORDER:
            return line
        counter = self.counter(row)
        return line if counter is None else counter
