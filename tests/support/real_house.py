"""Houses that hold real data: imported once for all processes of a test run, then copied by whoever wants one of its own."""

import asyncio
import fcntl
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

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


@asynccontextmanager
async def real_house(name: str, zone: str, shared: Path, folder: Path) -> AsyncIterator[House]:
    """The API of a house with those data, in `folder`. `shared` is a folder that all processes of the test run know."""
    made = await asyncio.to_thread(_made, name, zone, shared)
    await asyncio.to_thread(shutil.copytree, made, folder, dirs_exist_ok=True)
    log = await SqliteEventLog.open(folder / "events.db")
    try:
        async with small_house(folder, log=log, memory=_MEMORY) as house:
            house.now = datetime.now(UTC)
            await house.settle()
            yield house
    finally:
        await log.close()


def _made(name: str, zone: str, shared: Path) -> Path:
    """The folder as one process makes it, while others wait."""
    data, folder = real_data(name), shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            asyncio.run(_make(data, zone, folder))
            (folder / "done").touch()
    return folder


async def _make(data: Path, zone: str, folder: Path) -> None:
    log = await SqliteEventLog.open(folder / "events.db")
    mapping = load_mapping(MAPPINGS / f"{data.name}.toml")
    try:
        await tell(log, [pack(f"site-{mapping.site}", SiteDefined(site_id=mapping.site, name=None, time_zone=zone))])
        async with pipeline_sink(log) as sink:
            await run_import([data], mapping, sink)
        async with house_over(log, folder, rows=100_000) as house:
            await house.settled()
    finally:
        await log.close()
