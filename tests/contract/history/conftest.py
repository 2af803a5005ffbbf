"""The histories that must keep the port's contract."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from adapters.history.duckdb import DuckDbHistory
from adapters.history.influx.history import InfluxHistory
from adapters.history.port import History
from adapters.history.serving import ServingHistory
from tests.support import influx

Open = Callable[[], Awaitable[History]]


async def _duckdb(folder: Path) -> History:
    return await DuckDbHistory.open(folder / "history.duckdb", memory="128MB", threads=1)


async def _serving(folder: Path) -> History:
    """As readers have it."""
    return ServingHistory(await _duckdb(folder))


@pytest.fixture(params=["duckdb", "serving", pytest.param("influxdb", marks=pytest.mark.influxdb)])
def open_history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same history each time it is called."""
    if request.param in {"duckdb", "serving"}:
        yield lambda: (_serving if request.param == "serving" else _duckdb)(tmp_path)
        return
    with influx.history_url() as url:
        yield lambda: InfluxHistory.open(url)


@pytest.fixture
async def history(open_history: Open) -> AsyncIterator[History]:
    opened = await open_history()
    yield opened
    await opened.close()
