"""Actuators, dialect and address are declared, or what is wrong with them is told by where it stands."""

from math import inf, nan
from typing import Any

import pytest

from domain.decisions import Refused
from domain.declarations import MAX_ACTUATORS, declaration_problem
from domain.registration import register_device
from schema.actuators import ActuatorSpec, ActuatorType, AllowedCommand, Dialect, Interlock, NotWhile, OnlyWith
from schema.events import DeviceMetadata
from tests.support.commands import HEATER, LAMP, NOW, VENT

OPEN = NotWhile(actuator_id="vent", states=("open",))
CALM = OnlyWith(metric="wind_speed", at_most=8)


def device(*actuators: ActuatorSpec, dialect: Dialect = Dialect.NATIVE, address: str | None = None) -> DeviceMetadata:
    return DeviceMetadata(device_id="box", dialect=dialect, address=address, actuators=actuators)


def locked(**fields: Any) -> ActuatorSpec:
    return ActuatorSpec(actuator_id="heater", interlocks=(Interlock(**fields),))


def taking(**fields: Any) -> ActuatorSpec:
    return ActuatorSpec(actuator_id="heater", commands=(AllowedCommand(command="set", **fields),))


@pytest.mark.parametrize(
    "said",
    [
        device(),
        device(HEATER, VENT, LAMP),
        device(ActuatorSpec(actuator_id="pump", commands=(AllowedCommand(command="pulse"),))),
        device(locked(values=("on",), not_while=OPEN, reason="the frame bends")),
        device(locked(above=50, only_with=CALM)),
        device(locked(not_while=NotWhile(device_id="roof", actuator_id="heater", above=0))),
        device(HEATER, LAMP, dialect=Dialect.ZIGBEE2MQTT, address="zigbee2mqtt/Bench 3/lamp"),
        device(
            *(
                ActuatorSpec(actuator_id=name, type=ActuatorType.LEVEL, channel=channel)
                for name, channel in [("all", None), ("red", "1")]
            ),
            dialect=Dialect.TASMOTA,
            address="lamp",
        ),
        device(HEATER, ActuatorSpec(actuator_id="fan", channel="2"), dialect=Dialect.TASMOTA, address="%prefix%/house/box"),
    ],
)
def test_what_makes_sense_can_be_declared(said: DeviceMetadata) -> None:
    assert declaration_problem(said) is None


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (device(HEATER, HEATER), "actuators names heater 2 times"),
        (device(*(ActuatorSpec(actuator_id=f"a{n}") for n in range(MAX_ACTUATORS + 1))), "actuators has 33 entries"),
        (device(ActuatorSpec(actuator_id="a/b")), "actuators[0].actuatorId must be"),
        (device(HEATER, ActuatorSpec(actuator_id="fan", override_seconds=-1)), "actuators[1].overrideFor must be between"),
        (device(ActuatorSpec(actuator_id="fan", answer_seconds=700_000)), "actuators[0].answerWithin must be between"),
        (device(ActuatorSpec(actuator_id="fan", channel="1")), "actuators[0].channel is for other dialects"),
        (
            device(ActuatorSpec(actuator_id="fan", channel="l1"), dialect=Dialect.SHELLY, address="shellyplus1"),
            "actuators[0].channel must be a number, as shelly counts its channels from 0 on; 'l1' is none of these",
        ),
        (
            device(ActuatorSpec(actuator_id="fan", channel="0"), dialect=Dialect.TASMOTA, address="plugs"),
            "actuators[0].channel must be a number, as tasmota counts its channels from 1 on; '0' is none of these",
        ),
        (
            device(ActuatorSpec(actuator_id="fan", channel="01"), dialect=Dialect.TASMOTA, address="plugs"),
            "actuators[0].channel must be a number",
        ),
        (
            device(HEATER, ActuatorSpec(actuator_id="fan", channel="1"), dialect=Dialect.TASMOTA, address="plugs"),
            "actuators has 2 of the type switch with the channel 1",
        ),
        (
            device(ActuatorSpec(actuator_id="fan", channel="0"), HEATER, dialect=Dialect.SHELLY, address="plugs"),
            "actuators has 2 of the type switch with the channel 0",
        ),
        (device(taking(minimum=2, maximum=1)), "actuators[0].commands[0].minimum must not be more than maximum"),
        (device(taking(minimum=nan)), "actuators[0].commands[0].minimum must be a finite number"),
        (device(taking(choices=("on", inf))), "actuators[0].commands[0].choices must be a finite number"),
        (device(taking(choices=("on", ""))), "actuators[0].commands[0].choices must be 1 to 64 printable"),
        (device(taking(choices=tuple(map(str, range(33))))), "actuators[0].commands[0].choices has 33 entries"),
        (device(ActuatorSpec(actuator_id="a", commands=(AllowedCommand(command="/"),))), "commands[0].command must be"),
        (device(ActuatorSpec(actuator_id="a", commands=(AllowedCommand(command="set"),) * 17)), "commands has 17 entries"),
        (device(locked()), "actuators[0].interlocks[0] must have either notWhile or onlyWith"),
        (device(locked(not_while=OPEN, only_with=CALM)), "must have either notWhile or onlyWith"),
        (device(locked(not_while=NotWhile(actuator_id="vent"))), "interlocks[0].notWhile must name states, or a number"),
        (device(locked(not_while=NotWhile(actuator_id="heater", states=("on",)))), "is about the actuator itself"),
        (
            device(locked(not_while=NotWhile(device_id="box", actuator_id="heater", states=("on",)))),
            "is about the actuator itself",
        ),
        (device(locked(not_while=NotWhile(device_id="#", actuator_id="vent", above=0))), "notWhile.deviceId must be"),
        (device(locked(not_while=NotWhile(actuator_id="vent", above=nan))), "notWhile.above must be a finite number"),
        (device(locked(only_with=OnlyWith(metric="wind_speed"))), "onlyWith must have atLeast, atMost or both"),
        (
            device(locked(only_with=OnlyWith(metric="wind_speed", at_least=9, at_most=8))),
            "atLeast must not be more than atMost",
        ),
        (device(locked(only_with=OnlyWith(metric="", at_most=8))), "onlyWith.metric must be"),
        (device(locked(only_with=CALM, above=inf)), "interlocks[0].above must be a finite number"),
        (device(locked(only_with=CALM, max_age_seconds=0)), "interlocks[0].maxAge must be between 1 s and 7 days"),
        (device(locked(only_with=CALM, max_age_seconds=nan)), "interlocks[0].maxAge must be between"),
        (device(locked(only_with=CALM, reason="\x07")), "interlocks[0].reason must be"),
        (device(ActuatorSpec(actuator_id="a", interlocks=(Interlock(only_with=CALM),) * 17)), "interlocks has 17 entries"),
        (device(address="zigbee2mqtt/lamp"), "address is for other dialects"),
        (device(dialect=Dialect.TASMOTA), "address must be the topic that the device speaks on"),
        (device(dialect=Dialect.SHELLY, address="glasshouse/farm/box"), "address must not begin with glasshouse"),
        (device(dialect=Dialect.SHELLY, address="glasshouse-shelly"), "address must not begin with glasshouse"),
        (device(dialect=Dialect.TASMOTA, address="glasshouse_plug"), "address must not begin with glasshouse"),
        (device(dialect=Dialect.SHELLY, address="a\u202eb"), "address must be 1 to 200 printable"),
        (
            device(HEATER, ActuatorSpec(actuator_id="fan"), dialect=Dialect.ZIGBEE2MQTT, address="zigbee2mqtt/plug"),
            "actuators has 2 of the type switch with no channel",
        ),
        (
            device(HEATER, ActuatorSpec(actuator_id="fan"), dialect=Dialect.SHELLY, address="shelly"),
            "actuators has 2 of the type switch with the channel 0 (that of one without a channel)",
        ),
        (
            device(ActuatorSpec(actuator_id="fan", channel="l/1"), dialect=Dialect.SHELLY, address="shelly"),
            "actuators[0].channel must be 1 to 32 letters",
        ),
        (
            device(
                ActuatorSpec(actuator_id="fan", commands=(AllowedCommand(command="toggle"),)),
                dialect=Dialect.SHELLY,
                address="shelly",
            ),
            "actuators[0].commands[0]: a device that speaks shelly takes only `set`",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(said: DeviceMetadata, problem: str) -> None:
    told = declaration_problem(said)
    assert told is not None
    assert problem in told


@pytest.mark.parametrize("address", ["", "/a", "a//b", "a/", "a/+/b", "a/#", "$SYS/a", "a/" * 8 + "a", "a\x00"])
def test_an_address_is_a_plain_topic(address: str) -> None:
    assert declaration_problem(device(dialect=Dialect.ZIGBEE2MQTT, address=address)) is not None


def test_what_is_not_said_stays_as_it_is() -> None:
    [said] = _decided(None, dialect=Dialect.TASMOTA, address="lamp", actuators=(HEATER,))
    [named] = _decided(said, name="Bench 3")
    assert (named.dialect, named.address, named.actuators, named.name) == (Dialect.TASMOTA, "lamp", (HEATER,), "Bench 3")
    assert _decided(named, actuators=(HEATER,)) == []
    [cleared] = _decided(named, dialect=Dialect.NATIVE, address=None, actuators=())
    assert cleared == DeviceMetadata(device_id="box", name="Bench 3")


def _decided(current: DeviceMetadata | None, **changes: Any) -> list[DeviceMetadata]:
    decision = register_device(current, "box", changes, NOW)
    assert not isinstance(decision, Refused), decision
    return [event for event in decision if isinstance(event, DeviceMetadata)]


def test_a_cover_takes_the_place_of_a_switch_under_the_same_id() -> None:
    [said] = _decided(None, actuators=(HEATER,))
    [changed] = _decided(said, actuators=(ActuatorSpec(actuator_id="heater", type=ActuatorType.COVER),))
    assert changed.actuators[0].type is ActuatorType.COVER
