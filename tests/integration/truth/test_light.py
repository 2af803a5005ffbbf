"""The light of tunnel-1, whose unit was switched: one correction of that range, and every window of every span follows."""

import csv
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from api.roles import Role
from tests.support.api import House
from tests.support.real_data import real_data

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

ROME = ZoneInfo("Europe/Rome")
SWITCHED = datetime(2022, 5, 4, tzinfo=ROME)
BRIGHTEST = 200_000.0
CORRECT = """mutation ($input: CorrectReadingsInput!) { correctReadings(input: $input) {
  ... on CorrectReadingsSuccess { cursor } ... on OperationError { code message } } }"""
SERIES = """query ($from: DateTime!, $to: DateTime!, $window: Duration!, $calendar: Calendar!, $at: Cursor) {
  series(selectors: [{ deviceId: "Ref_PAR", sensorId: "light", metric: "illuminance" }], from: $from, to: $to,
         window: $window, calendar: $calendar, atLeast: $at) {
    buckets { start count bad suspected mean min max p50 first last revision } } }"""
READINGS = """query ($from: DateTime!, $after: String) {
  readings(deviceId: "Ref_PAR", metric: "illuminance", from: $from, first: 500, after: $after) {
    nodes { value original quality verdict } pageInfo { hasNextPage endCursor } } }"""
WINDOWS: list[tuple[str, str, timedelta]] = [
    ("PT1M", "UTC", timedelta(minutes=1)),
    ("PT15M", "UTC", timedelta(minutes=15)),
    ("PT1H", "UTC", timedelta(hours=1)),
    ("P1D", "UTC", timedelta(days=1)),
    ("P1D", "SITE", timedelta(days=1)),
]
Light = Mapping[datetime, set[float]]
"""The values of each moment, in lux. Rows that say the same twice say it once."""


def light() -> Light:
    """As it was: klux before the switch, lux after it. An hour that stands twice is told by the order of its rows."""
    found: defaultdict[datetime, set[float]] = defaultdict(set)
    with (real_data("tunnel-1") / "Ref_PAR.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            local, text = datetime.fromisoformat(row["Timestamp"]).replace(tzinfo=ROME), row["Solar radiation (klux)"]
            if text not in {"", "NaN"}:
                found[local.astimezone(UTC)].add(float(text) * (1.0 if local >= SWITCHED else 1000.0))
    return found


def start_of(length: timedelta, calendar: str) -> Callable[[datetime], str]:
    def start(moment: datetime) -> str:
        if calendar == "SITE":
            begun = datetime.combine(moment.astimezone(ROME).date(), datetime.min.time(), ROME).astimezone(UTC)
        else:
            begun = datetime.fromtimestamp(moment.timestamp() // length.total_seconds() * length.total_seconds(), UTC)
        return f"{begun:%Y-%m-%dT%H:%M:%SZ}"

    return start


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def corrected(tunnel: House) -> AsyncIterator[tuple[House, str]]:
    """The house, and the cursor of the correction."""
    wanted: dict[str, Any] = {
        "deviceId": "Ref_PAR",
        "metric": "illuminance",
        "from": SWITCHED.isoformat(),
        "to": None,
        "operation": "SCALE",
    }
    wanted |= {"amount": 0.001, "reason": "the logger was switched from klux to lux", "correctionId": "lux"}
    answer = (await tunnel.ask(CORRECT, {"input": wanted}, role=Role.OPERATOR))["correctReadings"]
    await tunnel.settle()
    yield tunnel, answer["cursor"]


async def test_every_reading_since_the_switch_is_as_good_as_before_it(corrected: tuple[House, str]) -> None:
    house, _ = corrected
    nodes: list[Any] = []
    wanted: dict[str, Any] = {"from": SWITCHED.isoformat(), "after": None}
    while True:
        page = (await house.ask(READINGS, wanted))["readings"]
        nodes += page["nodes"]
        wanted["after"] = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(nodes) == sum(len(values) for moment, values in light().items() if moment >= SWITCHED)
    assert {node["quality"] for node in nodes} == {"GOOD"}
    assert sum(node["original"] > BRIGHTEST for node in nodes) > 4_000


@pytest.mark.parametrize(("window", "calendar", "length"), WINDOWS)
async def test_every_window_since_the_switch_follows(
    corrected: tuple[House, str], window: str, calendar: str, length: timedelta
) -> None:
    house, cursor = corrected
    start = start_of(length, calendar)
    expected: defaultdict[str, list[set[float]]] = defaultdict(list)
    for moment, values in sorted(light().items()):
        if moment >= SWITCHED - timedelta(days=2):
            expected[start(moment)].append(values)
    shown = await windows(house, cursor, window, calendar, length)
    first = start(SWITCHED + timedelta(hours=2))
    assert len([one for one in shown if one["start"] >= first]) > 100 if length < timedelta(days=1) else len(shown) > 60
    for one in shown:
        if one["start"] < first:
            continue
        moments = expected.pop(one["start"])
        every = [value for there in moments for value in there]
        assert (one["count"], one["bad"]) == (len(every), 0), one
        assert (one["min"], one["max"]) == (pytest.approx(min(every)), pytest.approx(max(every)))
        assert one["mean"] == pytest.approx(fmean(every), rel=1e-9)
        assert any(one["first"] == pytest.approx(value) for value in moments[0])
        assert any(one["last"] == pytest.approx(value) for value in moments[-1])
    assert not [begun for begun in expected if begun >= first]


async def windows(house: House, cursor: str, window: str, calendar: str, length: timedelta) -> list[Any]:
    """All since the switch, as many as one answer holds at a time."""
    found: list[Any] = []
    begun, end = datetime(2022, 5, 3, 22, tzinfo=UTC), datetime(2023, 2, 1, tzinfo=UTC)
    step = min(9_000 * length, timedelta(days=600))
    while begun < end:
        asked = {"from": begun.isoformat(), "to": min(begun + step, end).isoformat(), "window": window, "calendar": calendar}
        [line] = (await house.ask(SERIES, {**asked, "at": cursor}))["series"]
        found += [one for one in line["buckets"] if not found or one["start"] > found[-1]["start"]]
        begun += step
    return found
