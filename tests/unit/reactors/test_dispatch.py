"""Commands go out once, in time, to a device that is there; and what the broker says of them is told."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.event_log.port import ANY, Append
from adapters.mqtt.errors import MessageExpiredError, NotAcknowledgedError
from schema.commands import CommandDispatching
from schema.envelope import NewEvent, decode_metadata
from schema.ids import format_event_id
from tests.support.commands import NOW, Known
from tests.support.reacting import Greenhouse, greenhouse, quiet


async def test_a_command_is_dispatched_with_its_life_its_answer_topic_and_its_correlation() -> None:
    async with greenhouse() as house:
        await house.ask()
        [sent] = house.broker.sent
        assert (sent.topic, sent.response_topic) == ("glasshouse/farm/box/command/heater", "glasshouse/farm/box/ack")
        assert (sent.correlation_data, sent.expiry_s) == (b"loop-1", 30)
        assert house.steps() == ["dispatching", "dispatched"]
        [dispatching] = [event for event in house.log.events("control-box") if isinstance(event, CommandDispatching)]
        assert dispatching.fencing == 7
        assert house.count("commands_dispatched_total") == 1
        assert house.count("commands_publish_seconds_count") == 1


async def test_each_step_names_its_cause_and_correlation() -> None:
    async with greenhouse() as house:
        await house.ask()
        await house.answer("succeeded")
        _, asked, dispatching, dispatched, ended = house.log.stream("control-box")
        [answer] = house.log.stream("device-box")
        causes = [decode_metadata(step.metadata).causation_id for step in (dispatching, dispatched, ended)]
        assert causes == [format_event_id(cause.id) for cause in (asked, dispatching, answer)]
        metadata = decode_metadata(ended.metadata)
        assert (metadata.correlation_id, metadata.source) == ("loop-1", "reactor")


async def test_all_that_is_due_is_appended_in_one_call() -> None:
    devices = [f"box-{number}" for number in range(20)]
    async with greenhouse(None, *devices) as house:
        house.allowed.clear()
        for device in devices:
            await house.ask(f"c-{device}", device)
        house.log.batches.clear()
        house.allowed.set()
        await quiet()
        assert max(house.log.batches) == 20
        assert sorted(house.broker.commands) == sorted(f"c-{device}" for device in devices)


async def test_more_than_may_go_at_once_goes_in_portions_while_others_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reactors.sending._AT_ONCE", 2)
    async with greenhouse() as house:
        house.allowed.clear()
        for number in range(5):
            await house.ask(f"c{number}", actuator=f"a{number}")
        house.log.open.clear()
        house.allowed.set()
        asking = asyncio.create_task(house.ask("c5", actuator="a5"), name="ask")
        await quiet()
        house.log.open.set()
        await asking
        await house.clock.advance(1)
        assert house.broker.commands == [f"c{number}" for number in range(6)]
        assert house.complaint() is None


async def test_nothing_is_dispatched_before_there_is_a_broker() -> None:
    async with greenhouse() as house:
        house.broker.is_connected = False
        await house.ask()
        assert house.steps() == []
        house.broker.is_connected = True
        await house.clock.advance(1)
        assert house.steps() == ["dispatching", "dispatched"]


async def test_a_held_command_waits_for_its_device_and_goes_out_once_it_is_online() -> None:
    async with greenhouse() as house:
        await house.status("offline")
        await house.ask(hold=True)
        assert house.steps() == []
        assert list(house.situation.requested()) == []
        await house.status("online")
        assert house.steps() == ["dispatching", "dispatched"]


async def test_a_held_command_goes_out_after_a_restart_once_its_device_is_online(tmp_path: Path) -> None:
    async with greenhouse(tmp_path) as house:
        await house.status("offline")
        await house.ask(hold=True)
        await house.stop()
        await house.start()
        assert house.steps() == []
        await house.status("online")
        assert house.steps() == ["dispatching", "dispatched"]


async def test_a_held_command_waits_for_a_device_that_goes_offline_before_it_was_sent() -> None:
    async with greenhouse() as house:
        house.broker.is_connected = False
        await house.ask(hold=True)
        await house.status("offline")
        house.broker.is_connected = True
        await house.clock.advance(1)
        assert house.steps() == []
        await house.status("online")
        assert house.steps() == ["dispatching", "dispatched"]


async def test_a_held_command_expires_where_its_device_does_not_come_back() -> None:
    async with greenhouse() as house:
        await house.status("offline")
        await house.ask(hold=True)
        await house.clock.advance(31)
        await house.status("online")
        assert house.steps() == ["expired"]
        assert house.broker.sent == []


async def test_what_is_over_ends_also_where_the_clock_of_the_day_was_set_ahead() -> None:
    async with greenhouse() as house:
        await house.status("offline")
        await house.ask(hold=True, deadline=house.clock.now() + timedelta(hours=20))
        house.clock.set_ahead(timedelta(days=1))
        assert house.steps() == []
        await house.clock.advance(6)
        assert house.steps() == ["expired"]


async def test_a_command_that_need_not_be_held_goes_out_whatever_its_device_said() -> None:
    async with greenhouse() as house:
        await house.status("offline")
        await house.ask()
        assert house.broker.commands == ["c1"]


@pytest.mark.parametrize(("reason", "words"), [(16, "no device listens"), (135, "refused it (reason code 135)")])
async def test_what_the_broker_does_not_deliver_has_failed(reason: int, words: str) -> None:
    async with greenhouse() as house:
        house.broker.reason = reason
        await house.ask()
        assert house.steps() == ["dispatching", "failed"]
        assert words in house.log.stream("control-box")[-1].data.decode()


async def test_a_stop_in_order_sends_nothing_more_and_waits_for_what_the_broker_says() -> None:
    async with greenhouse() as house:
        house.broker.answers.clear()
        await house.ask("c1")
        assert house.crew is not None
        stopping = asyncio.create_task(house.crew.drain(60), name="drain")
        await house.ask("c2", actuator="vent", value="open")
        assert not stopping.done()
        house.broker.answers.set()
        await quiet()
        assert stopping.done()
        assert house.broker.commands == ["c1"]
        assert house.steps() == ["dispatching", "dispatched"]
        await house.stop()
        await house.start()
        assert house.broker.commands == ["c1", "c2"]


async def test_a_publish_that_nobody_acknowledged_stays_in_doubt_and_ends_unknown() -> None:
    async with greenhouse() as house:
        house.broker.error = NotAcknowledgedError("the connection was lost")
        await house.ask()
        assert house.steps() == ["dispatching"]
        assert house.count("commands_in_doubt") == 1
        await house.clock.advance(61)
        assert house.steps() == ["dispatching", "unknown"]
        assert len(house.broker.sent) == 1


async def test_what_waited_for_the_broker_until_its_deadline_has_expired() -> None:
    async with greenhouse() as house:
        house.broker.error = MessageExpiredError("too late")
        await house.ask()
        assert house.steps() == ["dispatching", "expired"]


async def test_a_broker_that_is_lost_before_the_publish_is_no_doubt_but_a_failure() -> None:
    async with greenhouse() as house:
        house.allowed.clear()
        await house.ask()
        house.log.open.clear()
        house.allowed.set()
        await quiet()
        house.broker.is_connected = False
        house.log.open.set()
        await quiet()
        assert house.steps() == ["dispatching", "failed"]
        assert house.broker.sent == []


async def test_a_device_at_no_known_site_cannot_be_spoken_to() -> None:
    house = Greenhouse()
    house.advice = Known(site=None)
    await house.register(location=None)
    await house.start()
    await house.ask()
    assert house.steps() == ["failed"]
    assert house.broker.sent == []
    await house.stop()


async def test_a_device_of_which_only_its_readings_tell_the_site_is_spoken_to_there() -> None:
    house = Greenhouse()
    await house.register(location=None)
    await house.start()
    await house.ask()
    assert [one.topic for one in house.broker.sent] == ["glasshouse/farm/box/command/heater"]
    await house.stop()


async def test_a_command_with_less_than_a_second_left_is_not_sent_any_more() -> None:
    async with greenhouse() as house:
        await house.ask(deadline=NOW + timedelta(milliseconds=900))
        await house.clock.advance(2)
        assert house.steps() == ["expired"]
        assert house.broker.sent == []


async def test_what_the_log_takes_only_after_the_deadline_is_not_sent() -> None:
    async with greenhouse() as house:
        house.allowed.clear()
        await house.ask()
        house.log.away = 40
        house.allowed.set()
        await quiet()
        await house.clock.advance(31)
        await house.clock.advance(31)
        assert house.broker.sent == []
        assert house.ends() == {"c1": "expired"}


async def test_an_append_whose_answer_was_lost_is_answered_and_the_command_sent_once() -> None:
    async with greenhouse() as house:
        house.allowed.clear()
        await house.ask()
        house.log.answers_lost = 1
        house.allowed.set()
        await quiet()
        await house.clock.advance(5)
        assert house.steps() == ["dispatching", "dispatched"]
        assert len(house.broker.sent) == 1


async def test_whoever_wrote_the_dispatching_first_sends_and_nobody_else() -> None:
    async with greenhouse() as house:
        house.allowed.clear()
        asked = await house.ask()
        await house.decide(
            "box",
            CommandDispatching(device_id="box", actuator_id="heater", command_id="c1", timestamp=asked.timestamp, fencing=9),
        )
        house.allowed.set()
        await quiet()
        assert house.broker.sent == []
        await house.clock.advance(61)
        assert house.steps() == ["dispatching", "unknown"]


async def test_without_the_lease_nothing_is_done() -> None:
    async with greenhouse() as house:
        house.allowed.clear()
        await house.ask()
        await house.clock.advance(60)
        assert house.steps() == []
        house.allowed.set()
        await quiet()


async def test_a_stream_that_newer_code_wrote_to_can_still_be_appended_to() -> None:
    async with greenhouse() as house:
        unknown = NewEvent(b"0123456789abcdef", "CommandPondered", b"{}", house.log.stream("control-box")[0].metadata)
        house.allowed.clear()
        await house.ask()
        await house.log.append([Append("control-box", ANY, [unknown])])
        house.allowed.set()
        await quiet()
        await house.clock.advance(1)
        assert house.broker.commands == ["c1"]
