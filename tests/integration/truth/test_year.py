"""A year of readings: each day of a site has what its clocks say, also when these are put forward or back."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from schema.events import SiteDefined
from tests.support.api import House, small_house
from tests.support.asking import SERIES, SUMMARY
from tests.support.house_events import START, pack, reading

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

YEAR = 2026
SITES = {"rome": "Europe/Rome", "howe": "Australia/Lord_Howe", "utc": "UTC"}
EVERY = {"rome": timedelta(hours=1), "howe": timedelta(minutes=30), "utc": timedelta(hours=3)}
USUAL = {site: timedelta(days=1) // every for site, every in EVERY.items()}
CHANGES = {
    ("rome", "2026-03-29"): 23,
    ("rome", "2026-10-25"): 25,
    ("howe", "2026-04-05"): 49,  # half an hour longer
    ("howe", "2026-10-04"): 47,
    ("utc", "2026-03-29"): 8,
    ("utc", "2026-10-25"): 8,
}


def moments(site: str) -> list[datetime]:
    """When the device of a site speaks: all the year of its zone."""
    zone = ZoneInfo(SITES[site])
    start, end = (datetime(year, 1, 1, tzinfo=zone).astimezone(ZoneInfo("UTC")) for year in (YEAR, YEAR + 1))
    return [start + number * EVERY[site] for number in range((end - start) // EVERY[site])]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def year(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with small_house(tmp_path_factory.mktemp("year")) as house:
        await house.says([pack(f"site-{site}", SiteDefined(site_id=site, time_zone=zone)) for site, zone in SITES.items()])
        for site in SITES:
            seconds = [(moment - START).total_seconds() for moment in moments(site)]
            await house.says(
                [reading(site, second, site=site, temperature=float(place % 40)) for place, second in enumerate(seconds)]
            )
        yield house


@pytest.mark.parametrize("site", SITES)
async def test_every_day_of_the_year_has_as_many_readings_as_its_clocks_say(year: House, site: str) -> None:
    zone = ZoneInfo(SITES[site])
    selectors = [{"deviceId": site, "sensorId": "main", "metric": "temperature"}]
    there = moments(site)
    span = {"from": there[0].isoformat(), "to": (there[-1] + EVERY[site]).isoformat(), "window": "P1D", "calendar": "SITE"}
    [line] = (await year.ask(SERIES, {"selectors": selectors, **span}))["series"]
    counts = {datetime.fromisoformat(day["start"]).astimezone(zone).date(): day["count"] for day in line["buckets"]}
    assert counts == Counter(moment.astimezone(zone).date() for moment in there)
    changed = {str(day): count for day, count in counts.items() if count != USUAL[site]}
    assert changed == {day: count for (of, day), count in CHANGES.items() if of == site and count != USUAL[site]}


@pytest.mark.parametrize(("site", "day", "count"), [(*key, count) for key, count in CHANGES.items()])
async def test_a_day_on_which_clocks_change_is_summed_up_whole(year: House, site: str, day: str, count: int) -> None:
    asked = {"device": site, "date": day, "calendar": "SITE"}
    shown = {one["metric"]: one for one in (await year.ask(SUMMARY, asked))["dailySummary"]}["temperature"]
    zone = ZoneInfo(SITES[site])
    values = [
        float(place % 40)
        for place, moment in enumerate(moments(site))
        if moment.astimezone(zone).date() == date.fromisoformat(day)
    ]
    assert (shown["count"], shown["first"], shown["last"]) == (count, values[0], values[-1])
    assert shown["mean"] == pytest.approx(sum(values) / len(values))
    length = datetime.fromisoformat(shown["end"]) - datetime.fromisoformat(shown["start"])
    assert length == count * EVERY[site]
