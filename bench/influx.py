"""Readings from a log into an InfluxDB through the projection, against the bare synchronous client with ready lines.

    python -m bench.influx [--events 200000] [--rounds 5]

Prints JSON lines: each round, then the medians and their ratio. Both write the same lines, in batches of 5,000, each to a
bucket of its own on the server of the tests, which shares the cores. Beside it: the same until the windows of all are kept as
well. Rounds alternate.
"""

import argparse
import asyncio
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.event_log.sqlite import SqliteEventLog
from adapters.history.influx.address import InfluxAddress
from adapters.history.influx.history import InfluxHistory
from adapters.history.influx.lines import line, series_prefix
from adapters.history.influx.points import SLOTS, first_slot, point_ms
from adapters.history.port import HistoryRow, RangeQuery
from bench.rebuild import DEVICES, fill, rebuild, say
from projections.decision_state import DecisionState
from projections.engine import Engine
from projections.feed import Feed
from projections.historical import history_models
from projections.history import RawHistory
from projections.metrics import ProjectionMetrics
from schema.envelope import Position
from tests.servers.build_influxd import VERSION, binary
from tests.support import influx
from tests.support.engines import nothing_decided

BATCH: Final = 5_000
TARGET: Final = 0.333


async def projected(log: EventLog, url: str) -> float:
    """Seconds from the first page of the log to the checkpoint of the last."""
    history = await InfluxHistory.open(url)
    began = time.perf_counter()
    await rebuild(log, RawHistory(history))
    took = time.perf_counter() - began
    await history.close()
    return took


async def with_windows(log: EventLog, url: str) -> float:
    """Seconds until the windows of all readings are kept as well, at the pace of a rebuild."""
    history = await InfluxHistory.open(url)
    raw, windows = history_models(history, DecisionState(), nothing_decided)
    began = time.perf_counter()
    feed = Feed(log)
    engine = Engine(log, feed, [raw], metrics=ProjectionMetrics(CollectorRegistry()), derived=[windows])
    tasks = [asyncio.create_task(feed.run(), name="feed"), asyncio.create_task(engine.run(), name="engine")]
    await engine.reached("windows", await log.head() or Position(0))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    took = time.perf_counter() - began
    await history.close()
    return took


async def lines_of(url: str) -> list[str]:
    """What the projection wrote, as ready lines."""
    history = await InfluxHistory.open(url)
    lines: list[str] = []
    for device in range(DEVICES):
        rows = await history.readings(RangeQuery(device=f"climate-{device}", limit=10_000_000))
        lines += [line(series_prefix(row.device, row.sensor, row.metric), row, _time_ns(row)) for row in rows]
    await history.close()
    return sorted(lines, key=lambda each: each.rpartition(" ")[2])


def _time_ns(row: HistoryRow) -> int:
    return point_ms(row.timestamp_us) * SLOTS + first_slot(row.event_id)


def bare(lines: list[str], url: str) -> float:
    """Seconds that the client and the server need, whatever comes before."""
    address = InfluxAddress(url)
    with InfluxDBClient(address.http, address.token, org=address.org, timeout=60_000) as client:
        client.buckets_api().create_bucket(bucket_name=address.bucket, org=address.org)
        with client.write_api(write_options=SYNCHRONOUS) as write:
            began = time.perf_counter()
            for start in range(0, len(lines), BATCH):
                write.write(address.bucket, record="\n".join(lines[start : start + BATCH]).encode())
            return time.perf_counter() - began


async def measure(events: int, rounds: int) -> None:
    rates: dict[str, list[float]] = {"bare": [], "projection": [], "with_windows": []}
    with TemporaryDirectory() as folder, influx.own(Path(folder)) as server:
        log = await SqliteEventLog.open(Path(folder) / "events.db")
        await fill(log, events)
        first = server.url()
        await projected(log, first)
        lines = await lines_of(first)
        assert len(lines) == events
        for number in range(rounds):
            rates["bare"].append(events / await asyncio.to_thread(bare, lines, server.url()))
            rates["projection"].append(events / await projected(log, server.url()))
            rates["with_windows"].append(events / await with_windows(log, server.url()))
            say(round=number, events=events, **{f"{kind}_per_second": round(each[-1]) for kind, each in rates.items()})
        await log.close()
    report(events, rounds, rates)


def report(events: int, rounds: int, rates: dict[str, list[float]]) -> None:
    rate, against = median(rates["projection"]), median(rates["bare"])
    say(
        bench="influx",
        metric="readings into InfluxDB through the projection against the bare client with ready lines",
        server=f"influxd {VERSION}",
        events=events,
        rounds=rounds,
        projection_per_second=round(rate),
        with_windows_per_second=round(median(rates["with_windows"])),
        bare_per_second=round(against),
        ratio=round(rate / against, 3),
        target=TARGET,
        met=rate / against >= TARGET,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not binary().exists():
        say(bench="influx", skipped=f"no influxd {VERSION} is built on this machine: `make influxd` builds it")
        return
    asyncio.run(measure(options.events, options.rounds))


if __name__ == "__main__":
    main()
