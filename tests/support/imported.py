"""A folder of real data imported into a log on disk, twice, and what the log then holds."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

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


class Value(msgspec.Struct, frozen=True, gc=False):
    """A value in the log, None where it is missing; `verdict` is why it was found bad."""

    sensor: str
    metric: str
    time: datetime
    value: float | None
    verdict: str | None


class Imported(msgspec.Struct, frozen=True):
    """Two runs of one import, and what the log holds of each device: values counted, states in order."""

    folder: Path
    first: ImportReport
    second: ImportReport
    events: int
    values: dict[str, Counter[Value]]
    states: dict[str, list[ActuatorEvent]]
    readings: Counter[str]


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
    held = Imported(folder, first, second, 0, {}, {}, Counter())
    events = 0
    async for event in _events(log):
        events += 1
        if isinstance(event, SensorReading):
            held.readings[event.device_id] += 1
            held.values.setdefault(event.device_id, Counter()).update(_values(event))
        elif isinstance(event, ActuatorEvent):
            held.states.setdefault(event.device_id, []).append(event)
    return msgspec.structs.replace(held, events=events)


async def _events(log: EventLog) -> AsyncIterator[Event]:
    async for page in log.read_all(None, page_size=5_000):
        for recorded in page.events:
            yield REGISTRY.unpack(recorded)


def _values(event: SensorReading) -> list[Value]:
    there = [
        Value(event.sensor_id, metric, event.timestamp, value, event.verdicts.get(metric))
        for metric, value in event.reading.items()
    ]
    return there + [Value(event.sensor_id, metric, event.timestamp, None, None) for metric in event.missing]
