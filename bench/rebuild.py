"""Rebuild of the read models from an SQLite log, against a bare scan of it: pages read and data decoded, one metric an event.

    python -m bench.rebuild [--events 1000000] [--rounds 5]

Prints JSON lines: each round, then the medians with their ratios to the scan. The rounds of all kinds alternate.
"""

import argparse
import asyncio
import json
import resource
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from prometheus_client import CollectorRegistry

from adapters.event_log.port import ANY, Append, EventLog
from adapters.event_log.sqlite import SqliteEventLog
from adapters.history.duckdb import DuckDbHistory
from glasshouse.loops import run
from projections.decision_state import DecisionState
from projections.engine import Derived, Engine
from projections.feed import Feed
from projections.historical import history_models
from projections.history import RawHistory
from projections.incoming import Incoming, Item
from projections.latest import LatestState
from projections.lineage import Lineage
from projections.metrics import ProjectionMetrics
from projections.read_model import ReadModel
from schema.envelope import Metadata, NewEvent, Position
from schema.events import SensorReading
from schema.ids import content_event_id
from schema.registry import REGISTRY
from schema.times import EPOCH, to_micros
from tests.support.engines import nothing_decided

DEVICES = 100
AT_ONCE = 5_000
TARGET = 0.333
START = EPOCH + timedelta(days=20_000)


class Forgotten(Incoming):
    """What comes in where nobody makes windows of it."""

    def add(self, rows: list[Item]) -> None:
        del rows


Rebuild = Callable[[EventLog, Path], Awaitable[None]]


def reading(number: int) -> NewEvent:
    """A reading of one metric; the devices take turns, each speaks every ten seconds."""
    device, moment = f"climate-{number % DEVICES}", START + timedelta(seconds=number // DEVICES * 10)
    event = SensorReading(
        device_id=device,
        sensor_id="main",
        timestamp=moment,
        reading={"temperature": 20.0 + number % 97 / 10},
        units={"temperature": "degC"},
        seq=number // DEVICES,
    )
    metadata = Metadata(
        schema_version=1,
        source=f"mqtt:glasshouse/farm/{device}/reading",
        received_at=moment,
        decoder="native/1",
        site="farm",
    )
    return REGISTRY.pack(content_event_id(to_micros(moment) // 1000, device, str(number)), event, metadata)


async def fill(log: EventLog, events: int) -> None:
    for start in range(0, events, AT_ONCE):
        by_device: dict[int, list[NewEvent]] = {}
        for number in range(start, min(start + AT_ONCE, events)):
            by_device.setdefault(number % DEVICES, []).append(reading(number))
        await log.append([Append(f"device-climate-{device}", ANY, told) for device, told in by_device.items()])


async def scan(log: EventLog, folder: Path) -> None:
    """What every rebuild must do at least."""
    del folder
    unpack = REGISTRY.unpack
    async for page in log.read_all(None):
        for recorded in page.events:
            unpack(recorded)


async def latest(log: EventLog, folder: Path) -> None:
    del folder
    await rebuild(log, LatestState())


async def history(log: EventLog, folder: Path) -> None:
    """Raw rows, windows and anomalies."""
    store = await DuckDbHistory.open(folder / "history.duckdb")
    raw, windows = history_models(store, DecisionState(), nothing_decided)
    await rebuild(log, raw, derived=[windows])
    await store.close()


async def raw(log: EventLog, folder: Path) -> None:
    """The raw rows of the history alone."""
    store = await DuckDbHistory.open(folder / "history.duckdb")
    await rebuild(log, RawHistory(store, incoming=Forgotten()))
    await store.close()


async def lineage(log: EventLog, folder: Path) -> None:
    await rebuild(log, await Lineage.open(log, folder / "lineage.db"))


async def rebuild(log: EventLog, model: ReadModel, *, derived: Sequence[Derived] = ()) -> None:
    """Through the feed and the engine, as in service, until the head of the log is reached."""
    async with engine_of(log, model, derived) as engine:
        head = await log.head()
        for status in engine.status():
            await engine.reached(status.name, head or Position(0))


@asynccontextmanager
async def engine_of(log: EventLog, model: ReadModel, derived: Sequence[Derived]) -> AsyncIterator[Engine]:
    feed = Feed(log)
    engine = Engine(log, feed, [model], metrics=ProjectionMetrics(CollectorRegistry()), derived=derived)
    tasks = [asyncio.create_task(feed.run(), name="feed"), asyncio.create_task(engine.run(), name="engine")]
    try:
        yield engine
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


KINDS: dict[str, Rebuild] = {"scan": scan, "latest": latest, "history": history, "raw": raw, "lineage": lineage}


async def measure(events: int, rounds: int, kinds: dict[str, Rebuild]) -> None:
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    with TemporaryDirectory() as folder:
        log = await SqliteEventLog.open(Path(folder) / "events.db")
        await fill(log, events)
        for number in range(rounds):
            for kind, run in kinds.items():
                with TemporaryDirectory() as fresh:
                    began = time.perf_counter()
                    await run(log, Path(fresh))
                    rates[kind].append(events / (time.perf_counter() - began))
                say(round=number, kind=kind, events=events, events_per_second=round(rates[kind][-1]), peak_mib=peak_mib())
        await log.close()
    for kind in kinds:
        rate = median(rates[kind])
        line: dict[str, object] = {"kind": kind, "events": events, "rounds": rounds, "events_per_second": round(rate)}
        if kind != "scan":
            ratio = rate / median(rates["scan"])
            line |= {
                "metric": "rebuild against a bare scan",
                "ratio": round(ratio, 3),
                "target": TARGET,
                "met": ratio >= TARGET,
            }
        say(bench="rebuild", **line)


def peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def say(**figures: object) -> None:
    print(json.dumps(figures), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    options = parser.parse_args()
    kinds = {kind: KINDS[kind] for kind in ["scan", *options.kinds]}
    run(measure(options.events, options.rounds, kinds))


if __name__ == "__main__":
    main()
