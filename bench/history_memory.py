"""The memory of the history alone, under a small bound: it takes what it is given for a cache, and no more.

    python -m bench.history_memory [--bound 48] [--rows 1000000 2000000 ... 6000000]

The memory of a whole `up` grows while DuckDB keeps what it wrote at hand; here the bound is small enough to see the end of it.
"""

import argparse
import asyncio
import json
import os
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.history.duckdb import DuckDbHistory
from adapters.history.port import HistoryRow
from adapters.history.raw_rows import raw_rows
from bench.queued import DEVICES
from schema.envelope import Position
from schema.events import Quality
from schema.ids import EventId

_AT_ONCE = 5_000
_START_US = 1_793_491_200_000_000
_MILLION = 1_000_000


def row(number: int) -> HistoryRow:
    """Devices take turns, each speaks every second."""
    moment = _START_US + number // DEVICES * _MILLION
    return HistoryRow(
        device=f"climate-{number % DEVICES}",
        sensor="air",
        metric="temperature",
        timestamp_us=moment,
        value=20 + number % 97 / 10,
        unit="degC",
        quality=Quality.GOOD,
        event_id=EventId((moment // 1000).to_bytes(6, "big") + secrets.token_bytes(10)),
        recorded_us=moment,
        revision=number // DEVICES,
        position=Position(number + 1),
    )


async def measure(bound: int, counts: list[int]) -> dict[int, float]:
    """Resident MB of this process after so many rows."""
    found: dict[int, float] = {}
    with TemporaryDirectory(prefix="glasshouse-bench-") as folder:
        history = await DuckDbHistory.open(Path(folder) / "history.duckdb", memory=f"{bound}MB")
        written = 0
        for wanted in counts:
            while written < wanted:
                end = min(written + _AT_ONCE, wanted)
                await history.write(raw_rows([row(number) for number in range(written, end)]))
                written = end
            found[wanted] = resident_mb()
        await history.close()
    return found


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def report(bound: int, found: dict[int, float]) -> None:
    first, last = min(found), max(found)
    growth = (found[last] - found[first]) / (last - first) * _MILLION
    line: dict[str, object] = {"bench": "history_memory", "metric": "resident memory of the history alone", "unit": "MB"}
    line |= {"bound": bound, "after_rows": {str(rows): round(mb) for rows, mb in found.items()}}
    line |= {"growth_per_million_events": round(growth, 1)}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bound", type=int, default=48, help="in MB; `up` has 256")
    parser.add_argument("--rows", type=int, nargs="+", default=[number * _MILLION for number in range(1, 7)])
    asked = parser.parse_args()
    report(asked.bound, asyncio.run(measure(asked.bound, asked.rows)))
