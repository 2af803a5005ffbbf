"""Devices that move, sensors that are replaced, devices that retire, and clocks that drift."""

from typing import Any

import pytest

from api.roles import Role
from schema.commands import Outcome
from schema.events import Clock, SensorReading
from schema.ids import format_event_id
from tests.support.api import House
from tests.support.commanding import ON_ITS_WAY, asked_of, become, control_of, issue, registered
from tests.support.house_events import at, pack, reading

MOVE = """mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { __typename
  ... on RegisterDeviceSuccess { cursor device { location locatedSince placements { location from to } } }
  ... on OperationError { code message } } }"""
REPLACE = """mutation ($input: ReplaceSensorInput!) { replaceSensor(input: $input) { __typename
  ... on ReplaceSensorSuccess { cursor segments { deviceId sensorId from to } } ... on OperationError { code message } } }"""
RETIRE = """mutation ($input: RetireDeviceInput!) { retireDevice(input: $input) { __typename
  ... on RetireDeviceSuccess { cursor device { id retiredAt name } } ... on OperationError { code message } } }"""
REGISTER = """mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { __typename
  ... on RegisterDeviceSuccess { device { name declaredActuators { actuatorId } } } ... on OperationError { message } } }"""
MAY, JUNE = "2023-05-01T00:00:00Z", "2023-06-01T00:00:00Z"
"""Before the log of the tests begins."""


async def change(house: House, mutation: str, **given: Any) -> Any:
    [answer] = (await house.ask(mutation, {"input": given}, role=Role.OPERATOR)).values()
    return answer


async def test_a_move_that_is_told_later_counts_from_when_it_moved(house: House) -> None:
    first = await change(house, MOVE, deviceId="a", location="farm/one")
    assert first["device"] == {
        "location": "farm/one",
        "locatedSince": None,
        "placements": [{"location": "farm/one", "from": None, "to": None}],
    }
    moved = await change(house, MOVE, deviceId="a", location="farm/two", locatedSince="2023-05-01T02:00:00+02:00")
    assert moved["device"]["locatedSince"] == MAY
    assert moved["device"]["placements"] == [
        {"location": "farm/one", "from": None, "to": MAY},
        {"location": "farm/two", "from": MAY, "to": None},
    ]


async def test_a_new_location_does_not_count_from_when_the_one_before_did(house: House) -> None:
    await change(house, MOVE, deviceId="a", location="farm/one", locatedSince=MAY)
    named = await change(house, MOVE, deviceId="a", name="Bench 3")
    assert named["device"]["locatedSince"] == MAY
    moved = await change(house, MOVE, deviceId="a", location="farm/two")
    assert moved["device"]["placements"][0]["from"] == MAY
    assert moved["device"]["locatedSince"] not in {None, MAY}


async def test_a_move_that_is_still_to_come_is_refused(house: House) -> None:
    refused = await change(house, MOVE, deviceId="a", location="farm/one", locatedSince="2026-06-02T01:00:00Z")
    assert (refused["code"], "future" in refused["message"]) == ("INVALID_INPUT", True)


async def test_a_time_without_a_location_is_refused(house: House) -> None:
    assert (await change(house, MOVE, deviceId="a", locatedSince=MAY))["code"] == "INVALID_INPUT"
    await change(house, MOVE, deviceId="a", location="farm/one", locatedSince=MAY)
    cleared = await change(house, MOVE, deviceId="a", location=None)
    assert [place["location"] for place in cleared["device"]["placements"]] == ["farm/one", None]


async def test_a_replaced_sensor_s_series_goes_on_in_the_other_one(house: House) -> None:
    await change(house, REPLACE, deviceId="a", sensorId="t", by={"deviceId": "b", "sensorId": "t"}, at=MAY)
    answer = await change(house, REPLACE, deviceId="b", sensorId="t", by={"deviceId": "b", "sensorId": "u"}, at=JUNE)
    assert [(one["deviceId"], one["sensorId"]) for one in answer["segments"]] == [("b", "t"), ("b", "u")]
    same = await change(house, REPLACE, deviceId="a", sensorId="t", by={"deviceId": "b", "sensorId": "t"}, at=MAY)
    assert same["segments"] == [
        {"deviceId": "a", "sensorId": "t", "from": None, "to": MAY},
        {"deviceId": "b", "sensorId": "t", "from": MAY, "to": JUNE},
        {"deviceId": "b", "sensorId": "u", "from": JUNE, "to": None},
    ]
    assert len(await house.log.read_stream("control-a")) == 1


async def test_a_replacement_can_be_put_right_and_taken_back(house: House) -> None:
    await change(house, REPLACE, deviceId="a", sensorId="t", by={"deviceId": "b", "sensorId": "t"}, at=MAY)
    right = await change(house, REPLACE, deviceId="a", sensorId="t", by={"deviceId": "c", "sensorId": "t"}, at=JUNE)
    assert [one["deviceId"] for one in right["segments"]] == ["a", "c"]
    back = await change(house, REPLACE, deviceId="a", sensorId="t", by=None)
    assert back["segments"] == [{"deviceId": "a", "sensorId": "t", "from": None, "to": None}]


async def test_sensors_that_would_replace_one_another_in_a_circle_are_refused(house: House) -> None:
    await change(house, REPLACE, deviceId="a", sensorId="t", by={"deviceId": "b", "sensorId": "t"}, at=MAY)
    await change(house, REPLACE, deviceId="b", sensorId="t", by={"deviceId": "c", "sensorId": "t"}, at=MAY)
    for sensor in ("c", "a"):
        circle = await change(house, REPLACE, deviceId=sensor, sensorId="t", by={"deviceId": "a", "sensorId": "t"}, at=JUNE)
        assert (circle["code"], "circle" in circle["message"]) == ("CONFLICT", True)


@pytest.mark.parametrize(
    "given", [{}, {"by": {"deviceId": "b", "sensorId": "t"}}, {"by": {"deviceId": "/", "sensorId": "t"}, "at": MAY}]
)
async def test_a_replacement_that_says_too_little_is_refused(house: House, given: dict[str, Any]) -> None:
    assert (await change(house, REPLACE, deviceId="a", sensorId="t", **given))["code"] == "INVALID_INPUT"


async def test_a_device_retires_and_comes_back(house: House) -> None:
    await house.says([reading("a", 0, temperature=1.0)])
    gone = await change(house, RETIRE, deviceId="a", at=MAY, reason="broken")
    assert gone["device"]["retiredAt"] == MAY
    query = 'query ($at: Cursor) { device(id: "a", atLeast: $at) { retiredAt } }'
    assert await house.ask(query, {"at": gone["cursor"]}) == {"device": {"retiredAt": MAY}}
    back = await change(house, RETIRE, deviceId="a", at=None, reason="mended")
    assert back["device"]["retiredAt"] is None


async def test_a_device_that_retires_now_does_so_once(house: House) -> None:
    await change(house, MOVE, deviceId="a", name="Bench 3")
    first = await change(house, RETIRE, deviceId="a", reason="broken")
    again = await change(house, RETIRE, deviceId="a", reason="broken")
    assert first["device"] == again["device"] == {"id": "a", "retiredAt": "2026-06-02T00:00:00Z", "name": "Bench 3"}
    assert first["cursor"] == again["cursor"]


async def test_a_device_that_nobody_knows_cannot_retire(house: House) -> None:
    assert (await change(house, RETIRE, deviceId="nobody", reason="x"))["code"] == "NOT_FOUND"
    assert (await change(house, RETIRE, deviceId="nobody", reason=" "))["code"] == "INVALID_INPUT"


async def test_a_device_that_says_when_it_sends_shows_its_clock_s_drift_and_an_audit_the_time_by_ours(house: House) -> None:
    stream, event = pack(
        "device-a",
        SensorReading(
            device_id="a",
            sensor_id="air",
            timestamp=at(86_390),
            reading={"temperature": 20.0},
            clock=Clock.AHEAD,
            sent_at=at(86_400),
        ),
    )
    await house.says([(stream, event), reading("b", 0, temperature=1.0)])
    found = (await house.ask("{ devices { nodes { id clockDrift latest { value } } } }"))["devices"]["nodes"]
    assert found == [
        {"id": "a", "clockDrift": -86_400.0, "latest": []},
        {"id": "b", "clockDrift": None, "latest": [{"value": 1.0}]},
    ]
    audit = "query ($id: ID!) { audit(eventId: $id) { receivedAt compensatedAt validity } }"
    told = (await house.ask(audit, {"id": format_event_id(event.id)}))["audit"]
    assert told == {
        "receivedAt": "2026-06-01T00:00:00Z",
        "compensatedAt": "2026-05-31T23:59:50Z",
        "validity": "SUSPECTED",
    }


async def test_to_change_a_device_nobody_reads_again_what_became_of_its_commands(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_stream, starts = house.log.read_stream, list[int]()

    async def noted(stream: str, **more: Any) -> Any:
        if stream == "control-box":
            starts.append(more.get("start", 0))
        return await read_stream(stream, **more)

    await house.says([registered()])
    await issue(house)
    [event] = await asked_of(house)
    await become(house, event, *ON_ITS_WAY, Outcome.SUCCEEDED)
    monkeypatch.setattr(house.log, "read_stream", noted)
    for name in ("one", "other"):
        done = await change(house, REGISTER, deviceId="box", name=name)
        assert (done["device"]["name"], len(done["device"]["declaredActuators"])) == (name, 3)
    for _ in range(2):
        assert (await change(house, RETIRE, deviceId="box", reason="it leaks"))["device"]["name"] == "other"
    assert starts[0] == 6
    assert min(starts) == starts[0]
    kinds = [type(event).__name__ for event in await control_of(house)]
    assert kinds[6:] == ["DeviceMetadata", "DeviceMetadata", "DeviceRetired"]
