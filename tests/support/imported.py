"""A folder of real data imported into a log on disk, twice, and what the log then holds."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from adapters.event_log.port import EventLog
from adapters.event_log.sqlite import SqliteEventLog
from glasshouse.importer.load import load_mapping
from glasshouse.importer.pipeline_sink import pipeline_sink
from glasshouse.importer.report import ImportReport
from glasshouse.importer.run import run_import
from schema.events import ActuatorEvent, Event, SensorReading
from schema.registry import REGISTRY
from tests.support.real_data import MAPPINGS, real_data


class Series(NamedTuple):
    """What was measured, where."""

    device: str
    sensor: str
    metric: str


class Value(NamedTuple):
    """A value in the log, None where it is missing; `verdict` is why it was found bad."""

    time: datetime
    value: float | None
    verdict: str | None


class Imported(msgspec.Struct, frozen=True):
    """Two runs of one import, and what the log holds: values counted, states in order, readings of each device."""

    folder: Path
    first: ImportReport
    second: ImportReport
    values: defaultdict[Series, Counter[Value]]
    states: list[ActuatorEvent]
    readings: Counter[str]
    events: int


def import_twice(name: str, store: Path) -> Imported:
    """Import the data of that name into a new log, twice, as two runs of the command would."""
    folder = real_data(name)
    return asyncio.run(_import_twice(folder, MAPPINGS / f"{name}.toml", store / f"{name}.db"))


async def _import_twice(folder: Path, mapping: Path, store: Path) -> Imported:
    reports, heads = [], []
    for _ in range(2):
        log = await SqliteEventLog.open(store)
        async with pipeline_sink(log) as sink:
            reports.append(await run_import([folder], load_mapping(mapping), sink))
        heads.append(await log.head())
        await log.close()
    assert heads[0] == heads[1], "the second import stored something"
    log = await SqliteEventLog.open(store)
    try:
        return await _collect(log, folder, *reports)
    finally:
        await log.close()


async def _collect(log: EventLog, folder: Path, first: ImportReport, second: ImportReport) -> Imported:
    values: defaultdict[Series, Counter[Value]] = defaultdict(Counter)
    states: list[ActuatorEvent] = []
    readings: Counter[str] = Counter()
    events = 0
    async for event in _events(log):
        events += 1
        if isinstance(event, SensorReading):
            readings[event.device_id] += 1
            for metric, value in event.reading.items():
                verdict = event.verdicts.get(metric)
                values[Series(event.device_id, event.sensor_id, metric)][Value(event.timestamp, value, verdict)] += 1
            for metric in event.missing:
                values[Series(event.device_id, event.sensor_id, metric)][Value(event.timestamp, None, None)] += 1
        elif isinstance(event, ActuatorEvent):
            states.append(event)
    return Imported(folder, first, second, values, states, readings, events)


async def _events(log: EventLog) -> AsyncIterator[Event]:
    async for page in log.read_all(None, page_size=5_000):
        for recorded in page.events:
            yield REGISTRY.unpack(recorded)
