"""The histories that must keep the port's contract."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from adapters.history.archive.archive import Archive
from adapters.history.duckdb import DuckDbHistory
from adapters.history.influx.history import InfluxHistory
from adapters.history.port import History
from adapters.history.serving import ServingHistory
from adapters.history.tiers import TieredHistory
from tests.support import influx
from tests.support.archiving import Archiving

Open = Callable[[], Awaitable[History]]


async def _duckdb(folder: Path) -> DuckDbHistory:
    return await DuckDbHistory.open(folder / "history.duckdb", memory="128MB", threads=1)


async def _archiving(store: TieredHistory, folder: Path, every: int) -> History:
    return Archiving(store, await Archive.open(folder / "archive"), every=every)


_STORES = [
    "duckdb",
    "duckdb_serving",
    "duckdb_archived",
    "duckdb_half_archived",
    pytest.param("influxdb", marks=pytest.mark.influxdb),
    pytest.param("influxdb_half_archived", marks=pytest.mark.influxdb),
]


@pytest.fixture(params=_STORES)
def open_history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same history each time it is called."""
    store, _, archiving = request.param.partition("_")
    every = {"": None, "serving": None, "archived": 1, "half_archived": 2}[archiving]

    async def opened(store: Awaitable[TieredHistory]) -> History:
        found = await store
        if archiving == "serving":
            return ServingHistory(found)
        return found if every is None else await _archiving(found, tmp_path, every)

    if store == "influxdb":
        with influx.history_url() as url:
            yield lambda: opened(InfluxHistory.open(url))
    else:
        yield lambda: opened(_duckdb(tmp_path))


@pytest.fixture
async def history(open_history: Open) -> AsyncIterator[History]:
    opened = await open_history()
    yield opened
    await opened.close()
