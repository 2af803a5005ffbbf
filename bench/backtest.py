"""A back-test over history: a threshold over many readings against a bare scan of them, and against reading them over GraphQL.

    python -m bench.backtest [--rows 10000000] [--days 90] [--devices 50] [--rounds 3]

Prints JSON lines with the ratios of the medians. The bare scan has DuckDB fetch the same rows as Arrow, in the same order, and
nothing is made of them. Over GraphQL they are read as columns, the quickest way there is, as many at once as one answer holds.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from duckdb import DuckDBPyConnection

from adapters.history.duckdb import DuckDbHistory
from adapters.history.duckdb_file import DuckDbFile
from adapters.history.port import History
from api.limits import Limits
from bench.rebuild import say
from bench.stored import CADENCE_US, START_US, fill, stored
from domain.alerting.places import Place
from projections.backtest import HistoryBacktest
from projections.decision_state import DecisionState
from projections.judging import Judge
from projections.remade import Remade
from projections.rules import WindowRules
from schema.rules import AlertRuleDefined, Threshold
from schema.times import DAY_US, MINUTE_US, format_time, from_micros
from tests.support.api import House, small_house

AT_MOST_SCAN, AT_MOST_READ = 10.0, 0.25
DEVICES: Final = 10
BARE: Final = "SELECT device, timestamp_us, value, quality, event_id FROM reading ORDER BY device, timestamp_us"
HOT: Final = Threshold(metric="temperature", above=30.5, hysteresis=0.2)
TEST: Final = """query ($from: DateTime!, $to: DateTime!) {
  backtest(rule: {ruleId: "hot", name: "Hot", threshold: {metric: "temperature", above: 30.5, hysteresis: 0.2}},
    from: $from, to: $to, basis: AS_CORRECTED) { total lookedAt } }"""
COLUMNS: Final = """query ($device: ID!, $from: DateTime!, $to: DateTime!) {
  readingColumns(selectors: [{deviceId: $device, sensorId: "main", metric: "temperature"}], from: $from, to: $to) {
    next times values qualities } }"""


def test_of(history: History) -> HistoryBacktest:
    judge = Judge(WindowRules().quality, DecisionState())
    windows = Remade(history, judge, lambda _: ZoneInfo("UTC"))
    return HistoryBacktest(history, judge, windows=windows, place_of=lambda _: Place("farm"))


async def medians(ways: dict[str, Callable[[], Awaitable[Any]]], rounds: int) -> dict[str, float]:
    """Seconds of each, which take turns."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            began = time.perf_counter()
            await work()
            took[name].append(time.perf_counter() - began)
    return {name: median(each) for name, each in took.items()}


async def against_a_scan(rows: int, rounds: int) -> None:
    with TemporaryDirectory(prefix="glasshouse-bench-") as folder:
        file, history = await stored(Path(folder), rows, DEVICES)
        end = START_US + (rows // DEVICES + 1) * CADENCE_US
        rule = AlertRuleDefined(rule_id="hot", name="Hot", condition=HOT)

        async def back_test() -> None:
            found = await test_of(history).run(rule, START_US, end, most=500, spend=lambda _: None)
            say(back_test="threshold", rows=found.looked_at, alerts=found.total, series=found.series)

        def scan(cursor: DuckDBPyConnection) -> int:
            return int(cursor.sql(BARE).to_arrow_table().num_rows)

        took = await medians({"back-test": back_test, "bare": lambda: file.read(scan)}, rounds)
        await history.close()
    _say_ratio("back-test against a bare scan", rows, took["back-test"], took["bare"], AT_MOST_SCAN)


async def against_reading(days: int, devices: int, rounds: int) -> None:
    with TemporaryDirectory(prefix="glasshouse-bench-") as folder:
        rows = days * devices * DAY_US // MINUTE_US
        file = await DuckDbFile.open(Path(folder) / "history.duckdb", memory="256MB", threads=2)
        limits = Limits(operation_seconds=600.0)
        async with small_house(Path(folder), history=DuckDbHistory(file), limits=limits) as house:
            await file.write(lambda cursor: fill(cursor, rows, devices, MINUTE_US))
            house.now = from_micros(START_US + (days + 1) * DAY_US)
            start, end = (format_time(from_micros(START_US + day * DAY_US)) for day in (0, days))

            async def back_test() -> None:
                found = (await house.ask(TEST, {"from": start, "to": end}))["backtest"]
                say(back_test="over GraphQL", rows=found["lookedAt"], alerts=found["total"])

            async def read() -> None:
                counted = [await _read(house, f"climate-{number}", start, end) for number in range(devices)]
                say(read="over GraphQL", rows=sum(counted))

            took = await medians({"back-test": back_test, "read": read}, rounds)
    _say_ratio("back-test against reading over GraphQL", rows, took["back-test"], took["read"], AT_MOST_READ)


async def _read(house: House, device: str, start: str, end: str) -> int:
    rows, begin = 0, cast("str | None", start)
    async with house.client() as client:
        while begin is not None:
            asked = {"query": COLUMNS, "variables": {"device": device, "from": begin, "to": end}}
            [columns] = json.loads((await client.post("/graphql", json=asked)).content)["data"]["readingColumns"]
            rows, begin = rows + len(columns["times"]), columns["next"]
    return rows


def _say_ratio(metric: str, rows: int, took: float, other: float, target: float) -> None:
    ratio = took / other
    say(metric=metric, rows=rows, seconds=round(took, 2), other=round(other, 2))
    say(bench="backtest", metric=metric, ratio=round(ratio, 2), target=target, met=ratio <= target)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--devices", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    asyncio.run(against_a_scan(asked.rows, asked.rounds))
    asyncio.run(against_reading(asked.days, asked.devices, asked.rounds))
