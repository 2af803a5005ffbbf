"""The light of tunnel-1: in klux up to 2022-05-03, then in lux under the same header. One correction of that range heals it."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.roles import Role
from domain.gates import range_verdict
from schema.times import format_time
from tests.support.api import House, small_house
from tests.support.house_events import START, Said, reading
from tests.support.real_data import real_data

SWITCHED = "2022-05-04T00:00:00+02:00"
READ_FROM = datetime(2022, 4, 25, tzinfo=UTC)
CORRECT = """mutation ($input: CorrectReadingsInput!) { correctReadings(input: $input) {
  ... on CorrectReadingsSuccess { cursor preview { readings changed healed spoiled before { max } after { count min max } } }
  ... on OperationError { code message } } }"""
READINGS = """query ($from: DateTime, $after: String, $at: Cursor) {
  readings(deviceId: "Ref", metric: "illuminance", from: $from, first: 500, after: $after, atLeast: $at) {
    nodes { timestamp value original quality verdict } pageInfo { hasNextPage endCursor } } }"""


def rows() -> list[tuple[datetime, float]]:
    """Time and what the file says, from a week before the switch on."""
    zone = ZoneInfo("Europe/Rome")
    with (real_data("tunnel-1") / "Ref_PAR.csv").open(encoding="utf-8", newline="") as file:
        found = [(datetime.fromisoformat(row["Timestamp"]), row["Solar radiation (klux)"]) for row in csv.DictReader(file)]
    told = [(local.replace(tzinfo=zone).astimezone(UTC), float(value)) for local, value in found if value]
    return [(time, value) for time, value in told if time >= READ_FROM]


def imported(time: datetime, value: float) -> Said:
    """As the header says: klux, stored in lux."""
    verdict = range_verdict("illuminance", value * 1000)
    verdicts = {"illuminance": verdict} if verdict else {}
    return reading("Ref", (time - START).total_seconds(), illuminance=value * 1000, verdicts=verdicts)


async def correct(house: House, **given: Any) -> Any:
    wanted = {"deviceId": "Ref", "metric": "illuminance", "from": SWITCHED, "to": None, "operation": "SCALE", "amount": 0.001}
    given |= {"reason": "the logger was switched from klux to lux"}
    return (await house.ask(CORRECT, {"input": {**wanted, **given}}, role=Role.OPERATOR))["correctReadings"]


async def shown(house: House, at: str | None, start: str | None) -> list[Any]:
    nodes: list[Any] = []
    after = None
    while True:
        page = (await house.ask(READINGS, {"from": start, "after": after, "at": at}))["readings"]
        nodes += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes
        after = page["pageInfo"]["endCursor"]


@pytest.fixture
def light() -> list[tuple[datetime, float]]:
    return rows()


async def test_one_range_correction_turns_the_readings_good(tmp_path: Path, light: list[tuple[datetime, float]]) -> None:
    switched = datetime.fromisoformat(SWITCHED)
    wrong = {format_time(time): value for time, value in light if time >= switched}
    too_bright = sum(value * 1000 > 200_000 for value in wrong.values())
    async with small_house(tmp_path) as house:
        await house.says([imported(time, value) for time, value in light])
        preview = (await correct(house, dryRun=True))["preview"]
        assert (preview["readings"], preview["healed"], preview["spoiled"]) == (len(wrong), too_bright, 0)
        assert preview["changed"] == sum(value != 0 for value in wrong.values())
        assert preview["after"] == {"count": len(wrong), "min": 0.0, "max": pytest.approx(max(wrong.values()))}
        cursor = (await correct(house))["cursor"]
        healed = await shown(house, cursor, SWITCHED)
        assert {node["quality"] for node in healed} == {"GOOD"}
        assert {node["timestamp"]: round(node["value"], 6) for node in healed} == wrong
        before = [node for node in await shown(house, cursor, None) if node["timestamp"] not in wrong]
        assert len(before) == len(light) - len(healed) > 500
        assert all(node["value"] == node["original"] for node in before)
