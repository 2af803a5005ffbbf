"""Histories over a store and an archive in one folder, the rows that they hold, and the job that moves them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from adapters.history.archive.archive import Archive
from adapters.history.archived import ArchivedHistory
from adapters.history.duckdb import DuckDbHistory
from adapters.history.port import HistoryRow, RangeQuery, Watermark
from adapters.history.raw_rows import raw_rows
from adapters.history.retention.job import RetentionJob
from adapters.history.retention.policy import Policy
from adapters.history.retention.report import Report
from schema.envelope import Cursor, Position
from schema.events import Quality
from schema.ids import device_event_id
from schema.times import DAY_US, from_micros, to_micros

FIRST = to_micros(datetime(2022, 6, 1, tzinfo=UTC))
NOW = from_micros(FIRST + 100 * DAY_US)
HERE = Cursor("log", Position(1))
MONTH = Policy(raw=30)


def row(
    number: int, *, day: int = 0, second: int = 0, device: str = "north-1", metric: str = "temperature", value: float = 20.5
) -> HistoryRow:
    """A row measured so many days and seconds after the first moment."""
    moment = FIRST + day * DAY_US + second * 1_000_000
    event_id = device_event_id(device, str(number))
    return HistoryRow(
        device, "air", metric, moment, value, "degC", Quality.GOOD, event_id, moment + 7, number, Position(number)
    )


@asynccontextmanager
async def archived_history(folder: Path) -> AsyncIterator[ArchivedHistory]:
    """A history whose devices speak from the site that their name begins with."""
    folder.mkdir(exist_ok=True)
    store = await DuckDbHistory.open(folder / "history.duckdb", memory="128MB", threads=1)
    history = ArchivedHistory(store, await Archive.open(folder / "archive"))
    try:
        yield history
    finally:
        await history.close()


async def fill(history: ArchivedHistory, rows: Sequence[HistoryRow]) -> None:
    """Write rows, and what is known of their devices."""
    await history.write(raw_rows(rows))
    devices = {one.device for one in rows}
    await history.keep([], {device: _mark(device) for device in devices}, HERE)


def _mark(device: str) -> Watermark:
    site, dash, _ = device.partition("-")
    return Watermark(FIRST, FIRST, Position(1), site if dash else None)


async def retain(history: ArchivedHistory, policy: Policy = MONTH, *, now: datetime = NOW, dry_run: bool = False) -> Report:
    """One run of the job."""
    return await RetentionJob(lambda: history, policy, lambda: now).run(dry_run=dry_run)


async def everything(history: ArchivedHistory, device: str = "north-1") -> list[HistoryRow]:
    """All rows of a device, page by page."""
    rows: list[HistoryRow] = []
    after = None
    while page := await history.readings(RangeQuery(device=device, after=after, limit=7)):
        rows += page
        after = (page[-1].timestamp_us, page[-1].event_id, page[-1].metric)
    return rows


def files_in(folder: Path) -> list[Path]:
    """The archive's files."""
    return sorted((folder / "archive").glob("site=*/day=*/*.parquet"))


def numbers(rows: Iterable[HistoryRow]) -> list[int]:
    return [one.revision for one in rows]
