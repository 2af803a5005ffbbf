"""Days of a site whose zone was changed, asked for before its windows were made anew: they are right at any moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.history.influx.history import InfluxHistory
from adapters.history.tiers import TieredHistory
from schema.events import SiteDefined
from tests.support import influx
from tests.support.api import House, small_house
from tests.support.asking import SUMMARY, line
from tests.support.house_events import pack, reading, tell

DAY = 86_400
ASKED = {"start": 0, "end": 3 * DAY, "window": "P1D", "calendar": "SITE"}
STORES = ["duckdb", pytest.param("influxdb", marks=pytest.mark.influxdb)]


@pytest.fixture(params=STORES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    if request.param == "duckdb":
        async with small_house(tmp_path) as built:
            yield built
    else:
        with influx.history_url() as url:
            async with small_house(tmp_path, history=await InfluxHistory.open(url)) as built:
                yield built


async def moved(house: House, zone: str) -> None:
    """The site's zone is another one, and all but the windows know of it."""
    await tell(house.log, [pack("site-farm", SiteDefined(site_id="farm", time_zone=zone))])
    head = await house.log.head()
    assert head is not None
    for name in ("latest", "decisions", "history"):
        await house.engine.reached(name, head)


@asynccontextmanager
async def before_windows_hear_of_it(house: House) -> AsyncIterator[None]:
    windows = house.engine.serving(["windows"])
    windows.close_gates()
    try:
        yield
    finally:
        windows.open_gates()


@asynccontextmanager
async def while_days_are_made(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[asyncio.Event]:
    """The old days are forgotten once the event is set, and the new ones are not kept while the block runs."""
    forgotten, go_on = asyncio.Event(), asyncio.Event()
    kind: type[TieredHistory] = type(house.services.history.store)  # type: ignore[union-attr]
    keep = kind.keep

    async def later(*arguments: Any, **named: Any) -> None:
        forgotten.set()
        await go_on.wait()
        await keep(*arguments, **named)

    monkeypatch.setattr(kind, "keep", later)
    try:
        yield forgotten
    finally:
        go_on.set()


async def asked(house: House) -> Any:
    answer = await house.ask(SUMMARY, {"device": "a", "date": "2026-06-02", "calendar": "SITE"})
    return await line(house, **ASKED), answer["dailySummary"]


async def test_a_zone_that_windows_have_not_heard_of_has_its_own_days_with_their_own_figures(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.says([reading("a", 1800 * half, temperature=20.0 + half / 10) for half in range(3 * 48)])
    for zone in ("Asia/Kolkata", "America/New_York"):
        async with before_windows_hear_of_it(house):
            await moved(house, zone)
            early = await asked(house)
        with monkeypatch.context() as patch:
            async with while_days_are_made(house, patch) as forgotten:
                await forgotten.wait()
                meanwhile = await asked(house)
        await house.settle()
        assert [one["count"] for one in early[0]][1:-1] == [48, 48]
        assert early == meanwhile == await asked(house)
