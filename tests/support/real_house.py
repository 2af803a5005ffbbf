"""Houses that hold real data: imported once for all processes of a test run, then copied by whoever wants one of its own."""

import asyncio
import fcntl
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from adapters.event_log.port import EventLog
from adapters.event_log.sqlite import SqliteEventLog
from glasshouse.importer.load import load_mapping
from glasshouse.importer.pipeline_sink import pipeline_sink
from glasshouse.importer.run import run_import
from schema.events import SiteDefined
from tests.support.api import House, small_house
from tests.support.house_events import pack, tell
from tests.support.read_models import house_over
from tests.support.real_data import MAPPINGS, real_data

_MEMORY = "256MB"


class Source(NamedTuple):
    """Files of real data, the mapping that they are imported by, and the time zone of their site."""

    data: str
    files: tuple[str, ...]
    mapping: str
    zone: str


TUNNEL = Source("tunnel-1", ("Temp_4ch_*", "Micro_*", "Valid_*", "Ref_PAR*"), "tunnel-1", "Europe/Rome")
HUMIDITY = Source("lettuce-2022", ("GreenhouseClimate*", "weather*"), "lettuce-2022-humidity", "Europe/Amsterdam")


@asynccontextmanager
async def real_house(source: Source, shared: Path, folder: Path) -> AsyncIterator[House]:
    """The API of a house with those data, in `folder`. `shared` is a folder that all processes of the test run know."""
    made = await asyncio.to_thread(_made, source, shared)
    await asyncio.to_thread(shutil.copytree, made, folder, dirs_exist_ok=True)
    log = await SqliteEventLog.open(folder / "events.db")
    try:
        async with small_house(folder, log=log, memory=_MEMORY) as house:
            house.now = datetime.now(UTC)
            await house.settle()
            yield house
    finally:
        await log.close()


async def fill(source: Source, log: EventLog) -> None:
    """Import those files into the log, after their site."""
    data, mapping = real_data(source.data), load_mapping(MAPPINGS / f"{source.mapping}.toml")
    files = sorted(path for pattern in source.files for path in data.glob(f"{pattern}.csv"))
    await tell(log, [pack(f"site-{mapping.site}", SiteDefined(site_id=mapping.site, time_zone=source.zone))])
    async with pipeline_sink(log) as sink:
        await run_import(files, mapping, sink)


def _made(source: Source, shared: Path) -> Path:
    """The folder as one process makes it, while others wait."""
    real_data(source.data)
    folder = shared / source.mapping
    with (shared / f"{source.mapping}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            asyncio.run(_make(source, folder))
            (folder / "done").touch()
    return folder


async def _make(source: Source, folder: Path) -> None:
    log = await SqliteEventLog.open(folder / "events.db")
    try:
        await fill(source, log)
        async with house_over(log, folder, rows=100_000) as house:
            await house.settled()
    finally:
        await log.close()
