"""Importing small files that a test writes, into a log in memory."""

import json
from pathlib import Path
from typing import Any

from adapters.event_log.port import EventLog
from glasshouse.importer.load import parse_mapping
from glasshouse.importer.mapping import Mapping
from glasshouse.importer.pipeline_sink import pipeline_sink
from glasshouse.importer.report import ImportReport
from glasshouse.importer.run import run_import
from schema.dead_letters import DeadLettered
from schema.events import ActuatorEvent, Event, SensorReading
from schema.registry import REGISTRY

CLOCKS = '[clocks.utc]\nzone = "UTC"\n'
TIME = 'time = { column = "Time", formats = ["%Y-%m-%d %H:%M"], clock = "utc" }\n'
AIR = 'readings = [{ column = "T", sensor = "air", metric = "temperature" }]\n'


def mapping_of(body: str, clocks: str = CLOCKS) -> Mapping:
    """A mapping of one site whose files are described by `body`."""
    return parse_mapping(f'site = "home"\n{clocks}{body}', "mapping.toml")


def entry(columns: str = AIR, time: str = TIME, more: str = "", name: str = "*.csv") -> str:
    return f'[[file]]\nname = "{name}"\n{more}{time}{columns}'


async def import_text(folder: Path, log: EventLog, mapping: Mapping, **files: str) -> ImportReport:
    """Write the files (`box` becomes box.csv) and import the folder."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    async with pipeline_sink(log) as sink:
        return await run_import([folder], mapping, sink)


async def everything(log: EventLog) -> list[Event]:
    """All the events of a log, in order."""
    return [REGISTRY.unpack(recorded) async for page in log.read_all(None) for recorded in page.events]


async def readings(log: EventLog) -> list[SensorReading]:
    return [event for event in await everything(log) if isinstance(event, SensorReading)]


async def states(log: EventLog) -> list[ActuatorEvent]:
    return [event for event in await everything(log) if isinstance(event, ActuatorEvent)]


async def dead_payloads(log: EventLog) -> list[dict[str, Any]]:
    """What the dead letters of a log keep."""
    return [json.loads(event.payload) for event in await everything(log) if isinstance(event, DeadLettered)]
