"""A key that is good for a part of the house learns nothing of the rest by commanding, and commands nothing of it."""

from typing import Any

import pytest

from api.roles import Role
from schema.actuators import ActuatorSpec, Dialect, Interlock, NotWhile
from schema.events import ActuatorEvent, DeviceMetadata
from tests.support.api import House
from tests.support.commanding import ISSUE, issue, issue_several, wanted
from tests.support.house_events import Said, at, pack
from tests.unit.api.test_declared_actuators import DECLARE
from tests.unit.api.test_scopes import ask, both, key_for

__all__ = ["both"]

NOT_WHILE_OPEN = Interlock(not_while=NotWhile(device_id="bravo-1", actuator_id="vent", states=("open",)))
HIDDEN = "an interlock holds it back that looks at a device of which this may not tell"


@pytest.fixture
async def locked(both: House) -> House:
    """A heater of alpha that looks at a vent of bravo, which is open."""
    heater = ActuatorSpec(actuator_id="heater", interlocks=(NOT_WHILE_OPEN,))
    known = DeviceMetadata(device_id="alpha-1", location="alpha/house", actuators=(heater, ActuatorSpec(actuator_id="fan")))
    await both.says([pack("control-alpha-1", known), vent("open")])
    return both


def vent(state: str) -> Said:
    event = ActuatorEvent(device_id="bravo-1", actuator_id="vent", timestamp=at(200_000), state=state)
    return pack("device-bravo-1", event, site="bravo")


async def test_an_interlock_does_not_tell_what_it_saw_beyond_the_key(locked: House) -> None:
    operator = await key_for(locked, role="operator", sites=("alpha",))
    given = wanted(device="alpha-1")
    refused = (await ask(locked, operator, ISSUE, {"input": given}))["data"]["issueCommand"]
    assert (refused["code"], refused["message"]) == ("INTERLOCKED", HIDDEN)
    whole = await issue(locked, device="alpha-1")
    assert "bravo-1" in whole["message"]


async def test_the_reason_that_stays_with_a_command_does_not_tell_it_either(
    locked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looked(_: object) -> None:
        """Nothing was against it then."""

    monkeypatch.setattr("api.issuing.Issuing._look", looked)
    monkeypatch.setattr("api.issuing.Issuing._state_before", lambda *_: None)
    answer = await issue_several(locked, wanted(device="alpha-1"), wanted("fan", device="alpha-1"), correlationId="night")
    heater, fan = answer["commands"]
    assert (heater["state"], heater["reason"], fan["state"]) == ("REJECTED", HIDDEN, "REQUESTED")


async def test_nobody_reaches_a_device_beyond_his_key_by_naming_its_topic(both: House) -> None:
    operator = await key_for(both, role="operator", sites=("alpha",))
    given = {"location": "alpha/house", "dialect": "ZIGBEE2MQTT", "address": "zigbee2mqtt/valve_of_bravo"}

    async def declare(device: str, **rest: Any) -> Any:
        answer = await ask(both, operator, DECLARE, {"input": {"deviceId": device, **rest}})
        return answer["data"]["registerDevice"]

    assert (await declare("alpha-spy", **given))["code"] == "FORBIDDEN"
    assert (await declare("alpha-1", **given))["code"] == "FORBIDDEN"
    lamp = DeviceMetadata(device_id="alpha-2", location="alpha/house", dialect=Dialect.TASMOTA, address="lamp")
    await both.says([pack("control-alpha-2", lamp)])
    assert (await declare("alpha-2", name="Lamp", address="lamp"))["device"]["address"] == "lamp"
    assert (await declare("alpha-2", dialect="ZIGBEE2MQTT"))["code"] == "FORBIDDEN"
    assert (await declare("alpha-2", dialect=None, address=None))["device"]["address"] is None
    answer = await both.ask(DECLARE, {"input": {"deviceId": "alpha-3", **given}}, role=Role.OPERATOR)
    assert answer["registerDevice"]["device"]["address"] == "zigbee2mqtt/valve_of_bravo"
