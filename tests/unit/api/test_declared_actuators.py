"""What is declared of a device's actuators, and how it is spoken to."""

from typing import Any

import pytest

from api.roles import Role
from schema.events import DeviceMetadata
from schema.registry import REGISTRY
from tests.support.api import House
from tests.support.documents import ROOT, blocks
from tests.support.house_events import pack, reading
from tests.unit.api.test_scopes import ask, both, key_for

__all__ = ["both"]

FIELDS = """dialect address declaredActuators { actuatorId type channel overrideFor answerWithin
  commands { command choices minimum maximum }
  interlocks { values above maxAge reason
    notWhile { deviceId actuatorId states above } onlyWith { deviceId sensorId metric atLeast atMost } } }"""
DECLARE = f"""mutation ($input: RegisterDeviceInput!) {{ registerDevice(input: $input) {{ __typename
  ... on RegisterDeviceSuccess {{ cursor device {{ name {FIELDS} }} }} ... on OperationError {{ code message }} }} }}"""
DECLARED = f'query ($at: Cursor) {{ device(id: "box", atLeast: $at) {{ name {FIELDS} }} }}'
HEATER = {
    "actuatorId": "heater",
    "interlocks": [
        {"values": ["on"], "notWhile": {"actuatorId": "vent", "states": ["open"], "above": 20}, "reason": "it heats the field"},
        {"values": ["on"], "onlyWith": {"deviceId": "mast", "metric": "temperature", "atMost": 30}, "maxAge": "PT1M"},
    ],
}


async def declare(house: House, **given: Any) -> Any:
    [answer] = (await house.ask(DECLARE, {"input": {"deviceId": "box", **given}}, role=Role.OPERATOR)).values()
    return answer


async def test_what_was_declared_is_there_for_the_very_next_query(house: House) -> None:
    answer = await declare(house, actuators=[HEATER, {"actuatorId": "vent", "type": "COVER", "overrideFor": "PT1H"}])
    assert await house.ask(DECLARED, {"at": answer["cursor"]}) == {"device": answer["device"]}
    heater, vent = answer["device"]["declaredActuators"]
    assert (answer["device"]["dialect"], answer["device"]["address"]) == ("NATIVE", None)
    assert (heater["type"], heater["overrideFor"], heater["answerWithin"]) == ("SWITCH", "PT15M", "PT30S")
    assert heater["commands"] == [{"command": "set", "choices": ["on", "off"], "minimum": None, "maximum": None}]
    assert heater["interlocks"] == [
        {
            "values": ["on"],
            "above": None,
            "maxAge": "PT15M",
            "reason": "it heats the field",
            "notWhile": {"deviceId": "box", "actuatorId": "vent", "states": ["open"], "above": 20.0},
            "onlyWith": None,
        },
        {
            "values": ["on"],
            "above": None,
            "maxAge": "PT1M",
            "reason": None,
            "notWhile": None,
            "onlyWith": {"deviceId": "mast", "sensorId": None, "metric": "temperature", "atLeast": None, "atMost": 30.0},
        },
    ]
    assert vent["overrideFor"] == "PT1H"
    assert vent["commands"] == [{"command": "set", "choices": ["open", "closed"], "minimum": 0.0, "maximum": 100.0}]


async def test_states_of_every_kind_are_kept_as_what_they_are(house: House) -> None:
    choices = ["auto", True, 2, 0.5]
    answer = await declare(house, actuators=[{"actuatorId": "mode", "commands": [{"command": "mode", "choices": choices}]}])
    [event] = await house.log.read_stream("control-box")
    said = REGISTRY.unpack(event)
    assert isinstance(said, DeviceMetadata)
    assert said.actuators[0].commands[0].choices == ("auto", True, 2.0, 0.5)
    assert answer["device"]["declaredActuators"][0]["commands"][0]["choices"] == choices


async def test_what_is_left_out_stays_and_null_clears(house: House) -> None:
    first = await declare(house, dialect="TASMOTA", address="bench-lamp", actuators=[{"actuatorId": "lamp", "channel": "2"}])
    named = await declare(house, name="Bench 3")
    assert named["device"] == {**first["device"], "name": "Bench 3"}
    cleared = await declare(house, dialect=None, address=None, actuators=None)
    assert cleared["device"] == {"name": "Bench 3", "dialect": "NATIVE", "address": None, "declaredActuators": []}


async def test_a_device_that_speaks_is_shown_with_its_actuators(house: House) -> None:
    await house.says([reading("box", 0, temperature=1.0)])
    answer = await declare(house, actuators=[HEATER])
    assert [one["actuatorId"] for one in answer["device"]["declaredActuators"]] == ["heater"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"actuators": [{"actuatorId": "heater"}] * 2}, "heater 2 times"),
        ({"actuators": [{"actuatorId": "heater", "interlocks": [{}]}]}, "actuators[0].interlocks[0] must have"),
        ({"dialect": "SHELLY"}, "address must be the topic"),
        ({"address": "shellies/box"}, "address is for other dialects"),
        ({"actuators": [{"actuatorId": "heater", "overrideFor": "P8D"}]}, "overrideFor must be between 0 s and 7 days"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_place(house: House, given: dict[str, Any], told: str) -> None:
    answer = await declare(house, **given)
    assert (answer["code"], told in answer["message"]) == ("INVALID_INPUT", True), answer
    assert await house.log.read_stream("control-box") == []


async def test_nobody_looks_out_of_his_sight_through_an_interlock(both: House) -> None:
    locks = [
        {"values": ["on"], "notWhile": {"deviceId": device, "actuatorId": "vent", "states": ["open"]}}
        for device in ("alpha-1", "bravo-1")
    ]
    given = {"deviceId": "alpha-1", "actuators": [{"actuatorId": "heater", "interlocks": locks}]}
    operator = await key_for(both, role="operator", sites=("alpha",))
    refused = await ask(both, operator, DECLARE, {"input": given})
    assert refused["data"]["registerDevice"]["code"] == "FORBIDDEN"
    await both.ask(DECLARE, {"input": given}, role=Role.OPERATOR)
    query = '{ device(id: "alpha-1") { declaredActuators { interlocks { notWhile { deviceId } } } } }'
    [seen] = (await ask(both, operator, query))["data"]["device"]["declaredActuators"]
    assert seen["interlocks"] == [{"notWhile": {"deviceId": "alpha-1"}}]
    [whole] = (await both.ask(query))["device"]["declaredActuators"]
    assert len(whole["interlocks"]) == 2


async def test_what_the_docs_declare_can_be_declared(house: House) -> None:
    for document in blocks(ROOT / "docs" / "how-to" / "declare-actuators.md", "graphql"):
        [answer] = (await house.ask(document, role=Role.OPERATOR)).values()
        assert {"device", "declaredActuators"} & set(answer), answer


async def test_old_events_have_no_actuators(house: House) -> None:
    await house.says([pack("control-box", DeviceMetadata(device_id="box", name="Bench 3"))])
    assert await house.ask(DECLARED, {"at": None}) == {
        "device": {"name": "Bench 3", "dialect": "NATIVE", "address": None, "declaredActuators": []}
    }
