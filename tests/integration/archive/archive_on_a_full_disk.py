"""A process that archives until it may not make its files larger, and again when it may."""

import asyncio
import os
import resource
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from adapters.history.archive.archive import Archive
from adapters.history.archived import ArchivedHistory
from adapters.history.duckdb import DuckDbHistory
from adapters.history.port import HistoryRow
from adapters.history.raw_rows import raw_rows
from adapters.history.retention.job import RetentionJob
from adapters.history.retention.policy import Policy
from schema.envelope import Cursor, Position
from schema.events import Quality
from schema.times import DAY_US


def rows() -> list[HistoryRow]:
    return [
        HistoryRow("d", "s", "m", n % 2 * DAY_US + n, n / 7, None, Quality.GOOD, os.urandom(16), n, n, Position(n))
        for n in range(20_000)
    ]


def limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def main(folder: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = await DuckDbHistory.open(folder / "history.duckdb", memory="128MB", threads=1)
    history = ArchivedHistory(store, await Archive.open(folder / "archive"))
    await history.write(raw_rows(rows()))
    await history.keep([], {}, Cursor("log", Position(1)))
    job = RetentionJob(lambda: history, Policy(raw=30), lambda: datetime(2022, 1, 1, tzinfo=UTC))
    limit_files(100_000)
    report = await job.run()
    assert len(report.failures) == 1, report
    assert "disk may be full" in report.failures[0].reason, report
    say(f"full: {report.days} moved, {await store.count()} in the store")
    limit_files(resource.RLIM_INFINITY)
    report = await job.run()
    say(f"room: {report.days} moved, {await store.count()} in the store, {await history.count()} in all")
    await history.close()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
