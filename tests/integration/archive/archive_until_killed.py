"""A process that writes rows and archives them at the same time until it is killed.

What it says is a ledger: a line for each batch whose rows are stored. It stands alone: outside pytest another package of that
name hides `tests`.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from adapters.history.archive.archive import Archive
from adapters.history.archived import ArchivedHistory
from adapters.history.duckdb import DuckDbHistory
from adapters.history.port import HistoryRow, Watermark
from adapters.history.raw_rows import raw_rows
from adapters.history.retention.job import RetentionJob
from adapters.history.retention.policy import Policy
from schema.envelope import Cursor, Position
from schema.events import Quality
from schema.ids import device_event_id
from schema.times import DAY_US

DAYS, BATCH = 4, 200


def rows(batch: int) -> list[HistoryRow]:
    """Of a day that stays the same for a while, some of the batch before again."""
    first = batch * BATCH - BATCH // 4
    return [
        HistoryRow(
            "d",
            "s",
            "m",
            n // (8 * BATCH) % DAYS * DAY_US + n,
            n / 7,
            "degC",
            Quality.GOOD,
            device_event_id("d", str(n)),
            n,
            n,
            Position(n),
        )
        for n in range(max(0, first), batch * BATCH + BATCH)
    ]


async def main(folder: Path, first: int) -> None:
    store = await DuckDbHistory.open(folder / "history.duckdb", memory="128MB", threads=1)
    history = ArchivedHistory(store, await Archive.open(folder / "archive"))
    await history.keep([], {"d": Watermark(0, 0, Position(0), "north")}, Cursor("log", Position(1)))
    job = RetentionJob(lambda: history, Policy(raw=30), lambda: datetime(2022, 1, 1, tzinfo=UTC))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(fill(history, first), name="fill")
        tasks.create_task(archive(job), name="archive")


async def fill(history: ArchivedHistory, batch: int) -> None:
    while True:
        await history.write(raw_rows(rows(batch)))
        say(f"stored {batch}")
        batch += 1
        await asyncio.sleep(0.05)


async def archive(job: RetentionJob) -> None:
    while True:
        report = await job.run()
        if report.failures:
            say(f"failed {report.failures}")
        say(f"ran {report.days}")
        await asyncio.sleep(0)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
