"""A process that writes a history until it may not make its files larger, and again when it may."""

import asyncio
import os
import resource
import signal
import sys
from pathlib import Path

from adapters.history.duckdb import DuckDbHistory
from adapters.history.port import HistoryRow, HistoryUnavailableError
from adapters.history.raw_rows import raw_rows
from schema.envelope import Cursor, Position
from schema.events import Quality

_ROWS = 1000


def rows(part: int) -> list[HistoryRow]:
    numbers = range(part * _ROWS, (part + 1) * _ROWS)
    return [
        HistoryRow("d", "s", os.urandom(32).hex(), n, n / 7, None, Quality.GOOD, n.to_bytes(16, "big"), n, n, Position(n))
        for n in numbers
    ]


def limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def main(folder: Path) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    history = await DuckDbHistory.open(folder / "history.duckdb", memory="128MB", threads=1)
    await history.write(raw_rows(rows(0)))
    say("stored 1")
    limit_files(200_000)
    for _ in range(3):
        try:
            await history.write(raw_rows(rows(1)))
        except HistoryUnavailableError:
            say("refused")
    limit_files(resource.RLIM_INFINITY)
    await history.write(raw_rows(rows(1)))
    await history.keep([], {}, Cursor("log", Position(3)))
    checkpoint = await history.checkpoint()
    say(f"stored {checkpoint.position if checkpoint else None} rows {await history.count()}")
    await history.close()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
