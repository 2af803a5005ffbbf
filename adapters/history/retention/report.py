"""What a run of the retention job did, or would do."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from adapters.history.port import HistoryError


class Failure(msgspec.Struct, frozen=True):
    """A day that was left as it was, and why."""

    day: str
    reason: str


class Dropped(msgspec.Struct, frozen=True):
    """Windows of a span that start before a moment, dropped."""

    span: str
    before: datetime


class Report(msgspec.Struct, kw_only=True):
    """`rows` left the store, of which `new_rows` were new to the archive, in `bytes` of new files.

    Days that `changed` got rows while they were read, and have their turn at the next run.
    """

    dry_run: bool
    days: int = 0
    rows: int = 0
    new_rows: int = 0
    bytes: int = 0
    first_day: str | None = None
    last_day: str | None = None
    changed: list[str] = []
    failures: list[Failure] = []
    windows: list[Dropped] = []
    expired_days: int = 0

    @property
    def ok(self) -> bool:
        return not self.failures

    def moved(self, day: str, rows: int, new_rows: int, size: int) -> None:
        """A day left the store, or would."""
        self.days += 1
        self.rows += rows
        self.new_rows += new_rows
        self.bytes += size
        self.first_day = self.first_day or day
        self.last_day = day


class Step(msgspec.Struct, frozen=True):
    """How far a run is: `done` of `total` days, at `day` now."""

    day: str
    done: int
    total: int


Watch = Callable[[Step], None]


class RetentionBusyError(HistoryError):
    """Another run has not ended yet."""
