"""A command to the state that its actuator is in already ends, too, at devices that say nothing where nothing changes."""

import pytest

from schema.actuators import Dialect
from tests.support.reacting import Greenhouse

SHELLY = "shellyplus1-a8032abe54dc"


async def greenhouse(dialect: Dialect, address: str | None, known: str) -> Greenhouse:
    """Reactors at work with one device whose heater said so, a minute ago."""
    house = Greenhouse()
    await house.register(dialect=dialect, address=address)
    await house.start()
    await house.state(known)
    await house.clock.advance(60)
    return house


@pytest.mark.parametrize(
    ("dialect", "address"),
    [(Dialect.ZIGBEE2MQTT, "zigbee2mqtt/a"), (Dialect.TASMOTA, "a"), (Dialect.SHELLY, "shellies/shelly1-1")],
)
async def test_what_was_so_already_has_succeeded_once_the_broker_has_the_command(dialect: Dialect, address: str) -> None:
    house = await greenhouse(dialect, address, "on")
    house.broker.answers.clear()
    await house.ask(value="on")
    assert house.steps() == ["dispatching"]
    house.broker.answers.set()
    await house.clock.advance(0)
    assert house.steps() == ["dispatching", "dispatched", "succeeded"]
    await house.stop()


async def test_a_device_that_answers_is_heard_first() -> None:
    house = await greenhouse(Dialect.SHELLY, SHELLY, "on")
    await house.ask(value="on")
    assert house.steps() == ["dispatching", "dispatched"]
    await house.answer("accepted")
    assert house.steps() == ["dispatching", "dispatched", "acknowledged", "succeeded"]
    await house.ask("c2", value="on")
    await house.answer("failed", "c2")
    assert house.ends()["c2"] == "failed"
    await house.stop()


@pytest.mark.parametrize(("dialect", "address", "known"), [(Dialect.TASMOTA, "a", "off"), (Dialect.NATIVE, None, "on")])
async def test_another_state_and_a_device_of_ours_are_waited_for(dialect: Dialect, address: str | None, known: str) -> None:
    house = await greenhouse(dialect, address, known)
    await house.ask(value="on")
    assert house.steps() == ["dispatching", "dispatched"]
    await house.clock.advance(61)
    assert house.ends() == {"c1": "timed_out"}
    await house.stop()


async def test_a_device_is_looked_at_again_once_something_of_it_has_changed_and_not_before() -> None:
    house = await greenhouse(Dialect.SHELLY, SHELLY, "on")
    await house.ask(value="on")
    assert house.situation.foreign() == []
    await house.stop()
    await house.start()
    assert house.situation.foreign() == []
    await house.answer("accepted")
    assert house.ends() == {"c1": "succeeded"}
    await house.stop()


async def test_what_never_said_in_which_state_it_is_is_waited_for() -> None:
    house = Greenhouse()
    await house.register(dialect=Dialect.TASMOTA, address="a")
    await house.start()
    await house.ask(value="on")
    await house.clock.advance(61)
    assert house.ends() == {"c1": "timed_out"}
    await house.stop()
