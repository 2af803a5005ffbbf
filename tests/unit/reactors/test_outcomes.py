"""What devices answer, and the hands at them, decide how commands end; time decides the rest. Each ends once."""

from datetime import timedelta

import pytest

from schema.actuators import Dialect
from schema.commands import CommandDispatched, OverrideBegun
from schema.envelope import decode_metadata
from schema.ids import format_event_id
from tests.support.commands import NOW
from tests.support.reacting import Greenhouse, greenhouse, quiet


@pytest.mark.parametrize("result", ["succeeded", "failed", "rejected"])
async def test_a_device_says_how_its_command_ended_and_that_is_that(result: str) -> None:
    async with greenhouse() as house:
        await house.ask()
        await house.answer("accepted")
        await house.answer(result)
        await house.answer("failed")
        await house.clock.advance(100)
        assert house.steps() == ["dispatching", "dispatched", "acknowledged", result]
        assert house.count("commands_ended_total", outcome=result) == 1


async def test_answers_that_arrive_together_count_in_their_order() -> None:
    async with greenhouse() as house:
        await house.ask()
        house.allowed.clear()
        for result in ("accepted", "accepted", "succeeded", "failed"):
            await house.answer(result)
        house.allowed.set()
        await quiet()
        assert house.steps() == ["dispatching", "dispatched", "acknowledged", "succeeded"]


async def test_an_answer_may_come_before_the_broker_s_own() -> None:
    async with greenhouse() as house:
        house.broker.answers.clear()
        await house.ask()
        await house.answer("accepted")
        house.broker.answers.set()
        await quiet()
        assert house.steps() == ["dispatching", "acknowledged", "dispatched"]
        await house.answer("succeeded")
        assert house.ends() == {"c1": "succeeded"}


async def test_an_end_may_come_before_the_broker_s_answer_which_then_says_nothing_new() -> None:
    async with greenhouse() as house:
        house.broker.answers.clear()
        await house.ask()
        await house.answer("succeeded")
        house.broker.answers.set()
        await quiet()
        assert house.steps() == ["dispatching", "succeeded"]


async def test_another_device_cannot_answer() -> None:
    async with greenhouse(None, "box", "other") as house:
        await house.ask()
        await house.answer("succeeded", device="other")
        assert house.steps() == ["dispatching", "dispatched"]


async def test_an_answer_after_the_end_changes_nothing() -> None:
    async with greenhouse() as house:
        await house.ask()
        await house.clock.advance(61)
        await house.answer("succeeded")
        assert house.ends() == {"c1": "timed_out"}


async def test_an_answer_that_was_in_the_log_counts_however_late_it_is_read() -> None:
    async with greenhouse() as house:
        await house.ask()
        await house.stop()
        await house.answer("succeeded")
        await house.clock.advance(3600)
        await house.start()
        assert house.ends() == {"c1": "succeeded"}


async def test_a_device_that_gives_no_answers_has_obeyed_once_it_is_in_the_state() -> None:
    house = Greenhouse()
    await house.register(dialect=Dialect.NATIVE)
    await house.start()
    await house.ask()
    await house.state("on")
    assert house.steps() == ["dispatching", "dispatched"]
    await house.register(dialect=Dialect.TASMOTA, address="box")
    await house.state("off")
    assert house.steps() == ["dispatching", "dispatched"]
    await house.state("on")
    assert house.ends() == {"c1": "succeeded"}
    await house.stop()


async def test_a_hand_at_the_device_overrides_and_rejects_what_was_not_sent() -> None:
    async with greenhouse() as house:
        house.broker.is_connected = False
        await house.ask()
        await house.state("off", by="device")
        assert house.steps() == ["rejected"]
        [override] = [event for event in house.log.events("control-box") if isinstance(event, OverrideBegun)]
        assert (override.state, override.until) == ("off", NOW + timedelta(seconds=900))
        [hand] = house.log.stream("device-box")
        causes = {decode_metadata(one.metadata).causation_id for one in house.log.stream("control-box")[2:]}
        assert causes == {format_event_id(hand.id)}


async def test_a_hand_does_not_take_back_what_was_sent() -> None:
    async with greenhouse() as house:
        await house.ask()
        await house.state("off", by="device")
        await house.answer("succeeded")
        assert house.ends() == {"c1": "succeeded"}


async def test_hands_of_long_ago_override_nothing_when_the_whole_log_is_read() -> None:
    house = Greenhouse()
    await house.register()
    await house.state("off", by="device")
    await house.clock.advance(3600)
    await house.start()
    assert [event for event in house.log.events("control-box") if isinstance(event, OverrideBegun)] == []
    await house.stop()


async def test_what_was_not_sent_in_time_expires_and_what_was_not_answered_in_time_has_timed_out() -> None:
    async with greenhouse() as house:
        await house.ask("c1", actuator="heater")
        house.broker.is_connected = False
        await house.ask("c2", actuator="vent", value="open")
        await house.clock.advance(31)
        assert house.ends() == {"c2": "expired"}
        await house.clock.advance(30)
        assert house.ends() == {"c2": "expired", "c1": "timed_out"}
        assert house.broker.commands == ["c1"]


async def test_an_end_that_somebody_else_wrote_first_is_the_only_one() -> None:
    async with greenhouse() as house:
        await house.ask()
        house.allowed.clear()
        await house.answer("succeeded")
        await house.decide(
            "box", CommandDispatched(device_id="box", actuator_id="heater", command_id="c1", timestamp=house.clock.now())
        )
        house.allowed.set()
        await quiet()
        await house.clock.advance(1)
        assert house.ends() == {"c1": "succeeded"}
