"""What reactors do for a command stands in its trace, each step below what it follows from."""

from datetime import timedelta

from adapters.mqtt.errors import NotAcknowledgedError
from adapters.tracing.identity import span_of_event, trace_of
from schema.ids import content_event_id, format_event_id
from tests.support.reacting import Greenhouse
from tests.support.told import Told

COMMAND = content_event_id(None, "command")


async def working(told: Told) -> Greenhouse:
    house = Greenhouse()
    house.tracer = told.tracer
    await house.register()
    await house.start()
    return house


async def test_a_command_is_followed_from_its_dispatch_to_its_end() -> None:
    told = Told(ratio=0)
    house = await working(told)
    await house.ask(format_event_id(COMMAND))
    await house.clock.advance(2)
    await house.answer("succeeded", format_event_id(COMMAND))
    await house.stop()
    assert house.steps() == ["dispatching", "dispatched", "succeeded"]
    assert {span.place.trace for span in told.spans} == {trace_of("loop-1")}
    _, asked, *_ = house.log.stream("control-box")
    dispatching, dispatched, ended = [span for span in told.spans if span.name == "log append"]
    assert told["dispatch"].parent is not None
    assert told["dispatch"].parent.span == span_of_event(asked.id)
    assert dispatched.parent == dispatching.place
    answers = told["device answers"]
    assert (answers.parent, ended.parent) == (dispatched.place, answers.place)


async def test_a_command_of_which_nobody_can_tell_whether_it_was_sent_is_told_of_as_failed() -> None:
    told = Told(ratio=0)
    house = await working(told)
    house.broker.error = NotAcknowledgedError("lost")
    await house.ask(format_event_id(COMMAND))
    await house.stop()
    assert told["dispatch"].error == "in doubt"


async def test_what_reactors_do_is_told_of_by_a_share() -> None:
    told = Told(ratio=1)
    house = await working(told)
    await house.clock.advance(timedelta(minutes=1).total_seconds())
    await house.stop()
    assert {"react outcomes", "react dispatcher"} <= {span.name for span in told.spans}
