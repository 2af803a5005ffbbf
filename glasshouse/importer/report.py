"""What became of an import: every reading that was read is stored, a duplicate, or a dead letter with its reason."""

from collections import Counter
from typing import Final

import msgspec

from glasshouse.importer.rows import Item, Kind
from ingest.messages import Outcome, Result

DETAILS: Final = 1_000
"""Dead letters told one by one, and reasons told apart; all of them are counted."""


class Tally(msgspec.Struct, rename="camel"):
    """Messages of one kind, counted by what became of them."""

    read: int = 0
    stored: int = 0
    duplicates: int = 0
    dead_letters: int = 0

    def add(self, other: "Tally") -> None:
        self.read += other.read
        self.stored += other.stored
        self.duplicates += other.duplicates
        self.dead_letters += other.dead_letters

    @property
    def adds_up(self) -> bool:
        return self.read == self.stored + self.duplicates + self.dead_letters


class DeadRow(msgspec.Struct, frozen=True, rename="camel"):
    """A dead letter, where it stands, and why."""

    file: str
    line: int
    about: str
    reason: str


class FileReport(msgspec.Struct, rename="camel"):
    """What became of one file. `missing` and `out_of_range` are values (row, sensor and metric) of those read."""

    file: str
    device: str
    rows: int = 0
    readings: Tally = msgspec.field(default_factory=Tally)
    states: Tally = msgspec.field(default_factory=Tally)
    missing: int = 0
    out_of_range: int = 0

    def of(self, kind: Kind) -> Tally:
        return self.readings if kind is Kind.READING else self.states

    def read(self, item: Item) -> None:
        self.of(item.kind).read += 1
        self.missing += item.missing
        self.out_of_range += item.out_of_range


class ImportReport(msgspec.Struct, rename="camel"):
    """What became of an import. `not_mapped` are CSV files of the folder that the mapping has no entry for."""

    files: list[FileReport] = []
    not_mapped: list[str] = []
    reasons: Counter[str] = msgspec.field(default_factory=Counter)
    dead_letters: list[DeadRow] = []
    seconds: float = 0.0

    @property
    def total(self) -> FileReport:
        total = FileReport("total", "")
        for file in self.files:
            total.rows += file.rows
            total.readings.add(file.readings)
            total.states.add(file.states)
            total.missing += file.missing
            total.out_of_range += file.out_of_range
        return total

    @property
    def adds_up(self) -> bool:
        """Whether each message that was read is accounted for."""
        return all(file.readings.adds_up and file.states.adds_up for file in self.files)

    def settle(self, file: FileReport, item: Item, outcome: Outcome) -> None:
        """Count what became of a message that was read."""
        tally = file.of(item.kind)
        if outcome.result is Result.STORED:
            tally.stored += 1
        elif outcome.result is Result.DUPLICATE:
            tally.duplicates += 1
        else:
            tally.dead_letters += 1
            self._explain(file, item, outcome)

    def _explain(self, file: FileReport, item: Item, outcome: Outcome) -> None:
        reason = item.fault or outcome.reason or "no reason was given"
        known = reason in self.reasons or len(self.reasons) < DETAILS
        self.reasons[reason if known else "other reasons"] += 1
        if len(self.dead_letters) < DETAILS:
            self.dead_letters.append(DeadRow(file.file, item.line, item.name, reason))
