"""A change over several devices: what did not happen everywhere is undone where it did, and the request ends once."""

from datetime import timedelta

from domain.advice import KnownState
from schema.actuators import ActuatorSpec, ActuatorType, Interlock, NotWhile
from schema.commands import OnFailure, RequestedCommand, RequestEnded
from schema.envelope import decode_metadata
from schema.events import ActuatorCommand
from tests.support.commands import NOW
from tests.support.reacting import Greenhouse, greenhouse

WAYS = (("on", "vent", "open"), ("open", "heater", "on"))
"""No heating with the vent open, no airing while it is heated."""


def part(number: int, *, actuator: str = "heater", before: str | None = "off", value: str = "on") -> RequestedCommand:
    return RequestedCommand(
        command_id=f"c{number}",
        device_id=f"box-{number}",
        actuator_id=actuator,
        command="set",
        value=value,
        before=before,
    )


async def issue(house: Greenhouse, *parts: RequestedCommand, on_failure: OnFailure = OnFailure.SET_BACK) -> None:
    """The request, then its commands."""
    await house.request(*parts, on_failure=on_failure)
    for one in parts:
        await house.ask(one.command_id, one.device_id, one.actuator_id, value=one.value)


def ended(house: Greenhouse) -> RequestEnded | None:
    events = [event for event in house.log.events("request-loop-1") if isinstance(event, RequestEnded)]
    assert len(events) <= 1
    return events[0] if events else None


def set_backs(house: Greenhouse, device: str) -> list[ActuatorCommand]:
    events = house.log.events(f"control-{device}")
    return [event for event in events if isinstance(event, ActuatorCommand) and event.sets_back is not None]


async def test_a_request_of_which_all_succeeded_has_succeeded() -> None:
    async with greenhouse(None, "box-1", "box-2") as house:
        await issue(house, part(1), part(2))
        await house.answer("succeeded", "c1", "box-1")
        assert ended(house) is None
        await house.answer("succeeded", "c2", "box-2")
        assert ended(house) == RequestEnded(correlation_id="loop-1", timestamp=NOW, succeeded=True)
        assert decode_metadata(house.log.stream("request-loop-1")[-1].metadata).correlation_id == "loop-1"


async def test_what_succeeded_is_set_back_where_another_failed() -> None:
    async with greenhouse(None, "box-1", "box-2") as house:
        await issue(house, part(1), part(2))
        await house.answer("succeeded", "c1", "box-1")
        await house.answer("failed", "c2", "box-2")
        [back] = set_backs(house, "box-1")
        assert (back.value, back.sets_back, back.correlation_id) == ("off", "c1", "loop-1")
        assert back.deadline == house.clock.now() + timedelta(seconds=30)
        assert ended(house) is None
        await house.answer("succeeded", back.command_id or "", "box-1")
        assert ended(house) == RequestEnded(correlation_id="loop-1", timestamp=NOW, succeeded=False, set_back=("c1",))


async def test_what_was_not_sent_is_cancelled_where_another_failed() -> None:
    async with greenhouse(None, "box-1", "box-2") as house:
        await house.status("offline", "box-2")
        await house.request(part(1), part(2))
        await house.ask("c1", "box-1")
        await house.ask("c2", "box-2", hold=True)
        await house.answer("rejected", "c1", "box-1")
        assert house.ends("box-2") == {"c2": "cancelled"}
        assert ended(house) == RequestEnded(correlation_id="loop-1", timestamp=NOW, succeeded=False)


async def test_what_is_still_under_way_is_waited_for_and_then_set_back() -> None:
    async with greenhouse(None, "box-1", "box-2") as house:
        await issue(house, part(1), part(2))
        await house.answer("failed", "c1", "box-1")
        assert ended(house) is None
        await house.answer("succeeded", "c2", "box-2")
        [back] = set_backs(house, "box-2")
        await house.clock.advance(61)
        request = ended(house)
        assert request is not None
        assert (request.set_back, request.left) == ((), ("c2",))
        assert house.ends("box-2")[back.command_id or ""] == "timed_out"


async def test_without_a_state_before_there_is_nothing_to_go_back_to() -> None:
    async with greenhouse(None, "box-1", "box-2") as house:
        await issue(house, part(1, before=None), part(2))
        await house.answer("succeeded", "c1", "box-1")
        await house.answer("failed", "c2", "box-2")
        request = ended(house)
        assert request is not None
        assert (request.set_back, request.left) == ((), ("c1",))


async def test_what_was_in_that_state_before_is_left_alone() -> None:
    async with greenhouse(None, "box-1", "box-2") as house:
        await issue(house, part(1, before="ON"), part(2))
        await house.answer("succeeded", "c1", "box-1")
        await house.answer("failed", "c2", "box-2")
        assert ended(house) == RequestEnded(correlation_id="loop-1", timestamp=NOW, succeeded=False)


async def test_an_actuator_that_somebody_else_has_commanded_since_is_not_set_back() -> None:
    async with greenhouse(None, "box-1", "box-2") as house:
        await issue(house, part(1), part(2))
        await house.answer("succeeded", "c1", "box-1")
        await house.ask("other", "box-1", correlation_id="loop-2", value="off")
        await house.answer("succeeded", "other", "box-1")
        await house.answer("failed", "c2", "box-2")
        request = ended(house)
        assert set_backs(house, "box-1") == []
        assert request is not None
        assert request.left == ("c1",)


async def test_a_hand_at_the_device_is_not_overruled_by_setting_back() -> None:
    async with greenhouse(None, "box-1", "box-2") as house:
        await issue(house, part(1), part(2))
        await house.answer("succeeded", "c1", "box-1")
        await house.state("on", device="box-1", by="device")
        await house.answer("failed", "c2", "box-2")
        request = ended(house)
        assert request is not None
        assert request.left == ("c1",)


async def test_setting_back_is_held_to_the_interlocks() -> None:
    closed = Interlock(values=("off",), not_while=NotWhile(actuator_id="vent", states=("open",)))
    house = Greenhouse()
    await house.register("box-1", actuators=(ActuatorSpec(actuator_id="heater", interlocks=(closed,)),))
    await house.register("box-2")
    house.advice.actuators["box-1", "vent"] = KnownState("open", NOW)
    await house.start()
    await issue(house, part(1), part(2))
    await house.answer("succeeded", "c1", "box-1")
    await house.answer("failed", "c2", "box-2")
    request = ended(house)
    assert request is not None
    assert request.left == ("c1",)
    await house.stop()


async def test_of_two_requests_that_fail_at_once_the_second_is_set_back_by_what_the_first_does() -> None:
    cold, warm = (Interlock(values=(on,), not_while=NotWhile(actuator_id=other, states=(state,))) for on, other, state in WAYS)
    house = Greenhouse()
    heater = ActuatorSpec(actuator_id="heater", interlocks=(cold,))
    vent = ActuatorSpec(actuator_id="vent", type=ActuatorType.COVER, interlocks=(warm,))
    await house.register("box-1", actuators=(heater, vent))
    await house.register("box-2")
    for actuator, state in (("heater", "off"), ("vent", "closed")):
        house.advice.actuators["box-1", actuator] = KnownState(state, NOW)
    await house.start()
    await issue(house, part(1, before="on", value="off"), part(2))
    airing = RequestedCommand(
        command_id="c3", device_id="box-1", actuator_id="vent", command="set", value="closed", before="open"
    )
    lamp = RequestedCommand(command_id="c4", device_id="box-2", actuator_id="lamp", command="set", value=40)
    await house.request(airing, lamp, name="loop-2")
    await house.ask("c3", "box-1", "vent", value="closed", correlation_id="loop-2")
    await house.ask("c4", "box-2", "lamp", value=40, correlation_id="loop-2")
    for command in ("c1", "c3"):
        await house.answer("succeeded", command, "box-1")
    house.allowed.clear()
    for command in ("c2", "c4"):
        await house.answer("failed", command, "box-2")
    house.allowed.set()
    await house.clock.advance(1)
    assert [back.sets_back for back in set_backs(house, "box-1")] == ["c1"]
    [second] = [event for event in house.log.events("request-loop-2") if isinstance(event, RequestEnded)]
    assert second.left == ("c3",)
    await house.stop()


async def test_setting_back_waits_no_longer_than_interlocks_trust_in_what_they_saw() -> None:
    closed = NotWhile(actuator_id="vent", states=("open",))
    brief = Interlock(values=("off",), not_while=closed, max_age_seconds=10)
    house = Greenhouse()
    await house.register("box-1", actuators=(ActuatorSpec(actuator_id="heater", interlocks=(brief,)),))
    await house.register("box-2")
    house.advice.actuators["box-1", "vent"] = KnownState("closed", NOW)
    await house.start()
    await issue(house, part(1), part(2))
    await house.answer("succeeded", "c1", "box-1")
    await house.answer("failed", "c2", "box-2")
    [back] = set_backs(house, "box-1")
    assert back.deadline == NOW + timedelta(seconds=10)
    await house.stop()


async def test_a_request_that_leaves_things_as_they_are_ends_once_all_have() -> None:
    async with greenhouse(None, "box-1", "box-2") as house:
        await issue(house, part(1), part(2), on_failure=OnFailure.LEAVE)
        await house.answer("succeeded", "c1", "box-1")
        await house.answer("failed", "c2", "box-2")
        assert set_backs(house, "box-1") == []
        assert ended(house) == RequestEnded(correlation_id="loop-1", timestamp=NOW, succeeded=False)


async def test_commands_that_were_never_issued_count_as_failed_once_they_cannot_be_any_more() -> None:
    async with greenhouse(None, "box-1", "box-2") as house:
        await house.request(part(1), part(2))
        await house.ask("c1", "box-1")
        await house.answer("succeeded", "c1", "box-1")
        assert ended(house) is None
        await house.clock.advance(31)
        [back] = set_backs(house, "box-1")
        await house.answer("succeeded", back.command_id or "", "box-1")
        request = ended(house)
        assert request is not None
        assert (request.succeeded, request.set_back) == (False, ("c1",))


async def test_a_restart_in_the_middle_sets_back_once() -> None:
    async with greenhouse(None, "box-1", "box-2") as house:
        await issue(house, part(1), part(2))
        await house.answer("succeeded", "c1", "box-1")
        await house.stop()
        await house.answer("failed", "c2", "box-2")
        await house.start()
        await house.stop()
        await house.start()
        [back] = set_backs(house, "box-1")
        await house.answer("succeeded", back.command_id or "", "box-1")
        await house.stop()
        await house.start()
        assert house.broker.commands == ["c1", "c2", back.command_id]
        request = ended(house)
        assert request is not None
        assert request.set_back == ("c1",)
