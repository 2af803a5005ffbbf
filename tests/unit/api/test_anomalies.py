"""Anomalies over GraphQL: in pages, and live with what is found, what is gone, progress and gaps."""

from pathlib import Path
from typing import Any

from adapters.history.duckdb import DuckDbHistory
from adapters.history.serving import ServingHistory
from api.cursors import AnomalyMark, encode_place
from api.roles import Role
from schema.envelope import Cursor, Position
from schema.events import DeviceMetadata
from tests.support.api import House, small_house
from tests.support.house_events import Said, at, pack, reading
from tests.support.watching import Subscriber

DAY = 86_400
LIST = """query ($first: Int, $after: String, $device: ID, $metric: String, $severity: AnomalySeverity,
               $from: DateTime, $to: DateTime) {
  anomalies(first: $first, after: $after, deviceId: $device, metric: $metric, severity: $severity, from: $from, to: $to) {
    nodes { id deviceId sensorId metric unit start end value expected deviation score severity }
    pageInfo { hasNextPage hasPreviousPage endCursor } liveCursor } }"""
LIVE = """subscription ($after: String, $device: ID, $location: String, $metric: String) {
  anomalies(after: $after, deviceId: $device, location: $location, metric: $metric) {
    __typename
    ... on AnomalyFound { cursor anomaly { id deviceId metric value expected severity } }
    ... on AnomalyCleared { cursor id deviceId metric start }
    ... on AnomalyProgress { cursor }
    ... on AnomalyGap { cursor reason } } }"""


def days(device: str, *values: float, first: int = 0) -> list[Said]:
    """A reading at the same time of each day."""
    return [reading(device, (first + day) * DAY, temperature=value) for day, value in enumerate(values)]


async def pages(house: House, **variables: Any) -> list[dict[str, Any]]:
    """The anomalies of a list, page by page."""
    found, after = list[dict[str, Any]](), None
    while True:
        page = (await house.ask(LIST, {"after": after, **variables}))["anomalies"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


class Watching(Subscriber):
    """A subscriber of anomalies."""

    document, field = LIVE, "anomalies"

    async def change(self) -> Any:
        """The next message that is no progress."""
        while (message := await self.message())["__typename"] == "AnomalyProgress":
            pass
        return message


async def test_an_anomaly_tells_what_was_measured_what_was_expected_and_how_unusual_that_is(house: House) -> None:
    await house.says(days("a", *[20.0] * 10, 31.0, 20.0))
    [found] = await pages(house)
    assert found.pop("id")
    assert found == {
        "deviceId": "a", "sensorId": "main", "metric": "temperature", "unit": "degC",
        "start": "2026-06-11T00:00:00Z", "end": "2026-06-11T01:00:00Z",
        "value": 31.0, "expected": 20.0, "deviation": 11.0, "score": 11.0 / 1.5, "severity": "MAJOR",
    }  # fmt: skip


async def test_anomalies_come_newest_first_in_pages_and_by_what_is_asked_of_them(house: House) -> None:
    await house.says([*days("a", *[20.0] * 10, 31.0, 60.0, 20.0), *days("b", *[20.0] * 10, 29.0, 20.0)])
    whole = [(one["deviceId"], one["value"]) for one in await pages(house)]
    assert whole == [("a", 60.0), ("a", 31.0), ("b", 29.0)]
    assert [(one["deviceId"], one["value"]) for one in await pages(house, first=1)] == whole
    assert [one["value"] for one in await pages(house, device="b")] == [29.0]
    assert [one["value"] for one in await pages(house, severity="MAJOR")] == [60.0, 31.0]
    assert await pages(house, metric="humidity") == []
    [alone] = await pages(house, **{"from": at(11 * DAY).isoformat(), "to": at(12 * DAY).isoformat()})
    assert alone["value"] == 60.0


async def test_a_page_refuses_what_cannot_be(house: House) -> None:
    assert await house.code(LIST, {"after": "nonsense"}) == "INVALID_INPUT"
    assert await house.code(LIST, {"first": 501}) == "LIMIT_EXCEEDED"
    assert await house.code(LIST, {"from": at(9).isoformat(), "to": at(9).isoformat()}) == "INVALID_INPUT"


async def test_a_subscriber_hears_what_is_found_and_what_a_correction_clears(house: House) -> None:
    await house.says(days("a", *[20.0] * 10))
    async with Watching(house) as watching:
        assert (await watching.message())["__typename"] == "AnomalyProgress"
        await house.says(days("a", 31.0, 20.0, first=10))
        found = await watching.change()
        assert (found["__typename"], found["anomaly"]["value"]) == ("AnomalyFound", 31.0)
        correct = "mutation ($input: CorrectReadingsInput!) { correctReadings(input: $input) { __typename } }"
        wrong = {"deviceId": "a", "metric": "temperature", "from": at(10 * DAY).isoformat(), "to": at(11 * DAY).isoformat(),
                 "operation": "OFFSET", "amount": -11.0, "reason": "a lamp above the probe"}  # fmt: skip
        await house.ask(correct, {"input": wrong}, role=Role.OPERATOR)
        await house.settle()
        gone = await watching.change()
        assert (gone["__typename"], gone["id"], gone["deviceId"]) == ("AnomalyCleared", found["anomaly"]["id"], "a")
    assert await pages(house) == []


async def test_a_client_that_comes_back_with_a_cursor_misses_nothing_and_sees_nothing_twice(house: House) -> None:
    live = (await house.ask(LIST))["anomalies"]["liveCursor"]
    told = [*days("a", *[20.0] * 10, 31.0, 60.0, 20.0), *days("b", *[20.0] * 10, 29.0, 20.0)]
    await house.says(told)
    async with Watching(house, after=live) as watching:
        whole = [(await watching.change())["anomaly"]["value"] for _ in range(3)]
    cursor, seen = live, []
    for _ in range(3):
        async with Watching(house, after=cursor) as again:
            seen.append((await again.change())["anomaly"]["value"])
            cursor = again.cursor
    assert seen == whole
    assert sorted(whole) == [29.0, 31.0, 60.0]
    async with Watching(house, after=cursor) as last:
        assert (await last.message())["__typename"] == "AnomalyProgress"


async def test_a_subscriber_chooses_a_location(house: House) -> None:
    start = Cursor(house.log.log_id, await house.log.head()).encode()
    await house.says([pack("control-b", DeviceMetadata(device_id="b", location="farm/house-2/bench"))])
    await house.says([*days("a", *[20.0] * 10, 31.0, 20.0), *days("b", *[20.0] * 10, 29.0, 20.0)])
    for location, devices in (("farm", ["a", "b"]), ("farm/house-2", ["b"])):
        async with Watching(house, after=start, location=location) as watching:
            assert sorted([(await watching.change())["anomaly"]["deviceId"] for _ in devices]) == devices


async def test_a_subscriber_chooses_device_and_metric_and_may_begin_at_a_place_of_the_log(house: House) -> None:
    start = Cursor(house.log.log_id, await house.log.head()).encode()
    await house.says([*days("a", *[20.0] * 10, 31.0, 20.0), *days("b", *[20.0] * 10, 29.0, 20.0)])
    async with Watching(house, after=start, device="b", metric="temperature") as watching:
        assert (await watching.change())["anomaly"]["deviceId"] == "b"


async def test_a_cursor_that_leads_nowhere_is_told_as_a_gap(house: House) -> None:
    for mark in (AnomalyMark("another", 1), AnomalyMark(house.log.log_id, 10_000)):
        async with Watching(house, after=encode_place(mark)) as watching:
            message = await watching.message()
            assert (message["__typename"], bool(message["reason"])) == ("AnomalyGap", True)


async def test_a_history_that_is_made_anew_is_told_as_a_gap(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        await house.says(days("a", *[20.0] * 10, 31.0, 20.0))
        async with Watching(house) as watching:
            assert (await watching.message())["__typename"] == "AnomalyProgress"
            await house.history.keep([], {}, Cursor(house.log.log_id, Position(2)))
            gap = await watching.change()
            assert (gap["__typename"], "anew" in gap["reason"]) == ("AnomalyGap", True)
            await house.history.keep([], {}, Cursor(house.log.log_id, await house.log.head()))
            assert (await watching.change())["anomaly"]["value"] == 31.0


async def test_another_version_of_the_history_is_told_as_a_gap(house: House, tmp_path: Path) -> None:
    served = house.services.history
    assert isinstance(served, ServingHistory)
    await house.says(days("a", *[20.0] * 10, 31.0, 20.0))
    async with Watching(house) as watching:
        assert (await watching.message())["__typename"] == "AnomalyProgress"
        before, other = served.store, await DuckDbHistory.open(tmp_path / "other.duckdb", memory="64MB", threads=1)
        await other.keep([], {}, Cursor(house.log.log_id, await house.log.head()))
        served.store = other
        gap = await watching.change()
        assert (gap["__typename"], "version" in gap["reason"]) == ("AnomalyGap", True)
        served.store = before
    await other.close()
