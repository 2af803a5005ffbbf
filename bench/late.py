"""What one late reading costs, written and made into windows and anomalies, against the size of the history that it falls into.

    python -m bench.late [--rows 1000000 5000000 10000000] [--rounds 15]

Prints JSON lines: the median for each size, then the largest against the smallest. Each reading comes to a device and an hour
of its own, in the middle of what is there. 100 devices speak every ten seconds, so that a million rows are 28 hours: in a
smaller history the day that is summed anew, and the days that it is judged by, would be smaller too.
"""

import argparse
import asyncio
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from adapters.history.duckdb import DuckDbHistory
from adapters.history.port import HistoryRow
from adapters.history.raw_rows import raw_rows
from bench.rebuild import say
from bench.stored import CADENCE_US, START_US, stored
from projections.rules import WindowRules
from schema.envelope import Position
from schema.events import Quality
from schema.ids import device_event_id
from tests.support.making import maker

DEVICES = 100
TARGET = 1.5


def late(number: int, rows: int) -> HistoryRow:
    """A reading between two of a device, in the middle of them."""
    device = f"climate-{number * 7 % DEVICES}"
    moment = START_US + rows // DEVICES // 2 * CADENCE_US + number * 3 * CADENCE_US + CADENCE_US // 2
    position = rows + number + 1
    recorded = START_US + rows // DEVICES * CADENCE_US
    return HistoryRow(
        device, "main", "temperature", moment, 21.0, "degC", Quality.GOOD, device_event_id(device, f"late-{number}"),
        recorded, position, Position(position),
    )  # fmt: skip


async def cost(history: DuckDbHistory, rows: int, rounds: int) -> float:
    """Seconds of one, after one that nobody counts."""
    making = await maker(history, WindowRules(), position=rows)
    took: list[float] = []
    for number in range(rounds + 1):
        row = late(number, rows)
        began = time.perf_counter()
        written = raw_rows([row])
        await history.write(written)
        await making.make([written], row.position)
        took.append(time.perf_counter() - began)
    return median(took[1:])


async def measure(sizes: list[int], rounds: int) -> None:
    costs: list[float] = []
    for rows in sizes:
        with TemporaryDirectory(prefix="glasshouse-bench-") as folder:
            _, history = await stored(Path(folder), rows, DEVICES)
            costs.append(await cost(history, rows, rounds))
            await history.close()
        say(rows=rows, milliseconds=round(costs[-1] * 1000, 1))
    ratio = costs[-1] / costs[0]
    line = {"bench": "late", "metric": "a late reading in the largest history against the smallest", "rows": sizes}
    say(**line, ratio=round(ratio, 3), target=TARGET, met=ratio <= TARGET)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000, 5_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    asyncio.run(measure(asked.rows, asked.rounds))
