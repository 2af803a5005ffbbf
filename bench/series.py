"""A series of 90 days at a cadence of ten seconds by hour: from its windows, from its raw rows, and by a bare query of DuckDB.

    python -m bench.series [--days 90] [--rounds 9]

Prints JSON lines with the ratios of the medians; the three take turns. From raw rows means judged and summed anew, as windows
shorter than a minute are. The bare query reads the same columns of the same table, and nothing is made of its answer.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from adapters.history.duckdb_file import DuckDbFile
from adapters.history.port import History, SeriesKey
from bench.rebuild import say
from bench.stored import CADENCE_US, START_US, stored
from projections.decision_state import DecisionState
from projections.judging import Judge
from projections.rules import WindowRules
from projections.series import SeriesReader
from schema.times import DAY_US, HOUR_US, from_micros

KEY = SeriesKey("climate-0", "main", "temperature")
AT_LEAST, AT_MOST = 20.0, 3.0
BARE = """
SELECT start_us, count, suspected, bad, total, low, high, first, last, buckets, counts, revision, position FROM window_hour
WHERE device = 'climate-0' AND sensor = 'main' AND metric = 'temperature' AND start_us >= $start AND start_us < $end
ORDER BY start_us
"""


def reader_of(history: History) -> SeriesReader:
    rules, decisions = WindowRules(), DecisionState()
    return SeriesReader(
        history,
        Judge(rules.quality, decisions),
        decisions=decisions,
        lateness=rules.lateness,
        zone_of=lambda _: ZoneInfo("UTC"),
        clock=lambda: datetime.now(UTC),
    )


async def seconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def measure(days: int, rounds: int) -> None:
    start, end = START_US, START_US + days * DAY_US
    with TemporaryDirectory(prefix="glasshouse-bench-") as folder:
        file, history = await stored(Path(folder), days * DAY_US // CADENCE_US, 1)
        ways = _ways(file, reader_of(history), start, end)
        took: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds + 1):
            for name, work in ways.items():
                took[name].append(await seconds(work))
        await history.close()
    middle = {name: median(each[1:]) for name, each in took.items()}
    for name, each in middle.items():
        say(way=name, days=days, milliseconds=round(each * 1000, 1))
    faster, beside = middle["raw"] / middle["windows"], middle["windows"] / middle["bare"]
    say(bench="series", metric="raw rows against windows", ratio=round(faster, 1), target=AT_LEAST, met=faster >= AT_LEAST)
    say(bench="series", metric="windows against a bare query", ratio=round(beside, 2), target=AT_MOST, met=beside <= AT_MOST)


def _ways(file: DuckDbFile, reader: SeriesReader, start: int, end: int) -> dict[str, Callable[[], Awaitable[object]]]:
    first, last, hour = from_micros(start), from_micros(end), timedelta(hours=1)
    limits = {"start": start, "end": end}
    return {
        "windows": lambda: reader.charts([KEY], first, last, hour),
        "raw": lambda: reader._from_rows([KEY], start, end, HOUR_US),  # noqa: SLF001  # what it does for shorter windows
        "bare": lambda: file.read(lambda cursor: cursor.sql(BARE, params=limits).to_arrow_table()),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    asyncio.run(measure(asked.days, asked.rounds))
