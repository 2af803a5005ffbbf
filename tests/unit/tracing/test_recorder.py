"""Which spans are told of, in which trace, below which other one."""

import asyncio

import pytest

from adapters.tracing.identity import Place, span_of_event, trace_of, trace_of_event
from adapters.tracing.port import OFF, Kind
from schema.ids import content_event_id
from tests.support.told import Told

EVENT, LATER = content_event_id(None, "event"), content_event_id(None, "later")
CALLER = Place(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_span_is_the_child_of_the_one_around_it() -> None:
    told = Told()
    with told.tracer.span("outer"), told.tracer.span("inner", size=3) as inner, told.tracer.part("part"):
        inner.note(**{"http.route": "/x"})
    assert told["inner"].parent == told["outer"].place
    assert told["part"].parent == told["inner"].place
    assert told["outer"].parent is None
    assert told["inner"].attributes == {"glasshouse.size": 3, "http.route": "/x"}
    assert told["outer"].began_ns <= told["inner"].began_ns <= told["inner"].ended_ns <= told["outer"].ended_ns


def test_what_is_worth_telling_only_as_a_part_is_not_told_alone() -> None:
    told = Told()
    with told.tracer.part("part"):
        pass
    assert told.spans == []


def test_an_event_that_belongs_to_a_correlation_id_brings_all_around_it_into_its_trace() -> None:
    told = Told(ratio=0)
    with told.tracer.span("request", traceparent=TRACEPARENT):
        with told.tracer.part("read"):
            pass
        told.tracer.record("append", 1, 2, "order-1", of=EVENT)
    assert {span.place.trace for span in told.spans} == {trace_of("order-1")}
    assert {span.attributes["glasshouse.correlation_id"] for span in told.spans} == {"order-1"}
    assert told["append"].place.span == span_of_event(EVENT)
    assert told["append"].parent == told["request"].place
    assert (told["request"].parent, told["request"].links) == (None, (CALLER,))


def test_a_second_correlation_id_is_a_trace_of_its_own_with_a_link_back() -> None:
    told = Told()
    with told.tracer.span("request"):
        told.tracer.record("first", 1, 2, "order-1")
        with told.tracer.span("second", "order-2"):
            told.tracer.record("third", 1, 2, "order-2")
    assert told["request"].place.trace == trace_of("order-1")
    assert told["second"].place.trace == told["third"].place.trace == trace_of("order-2")
    assert told["third"].parent == told["second"].place
    assert told["second"].links == (told["request"].place,)


def test_who_acts_upon_an_event_names_its_span_for_a_parent_without_being_told() -> None:
    here, there = Told(ratio=0), Told(ratio=0)
    here.tracer.record("append", 1, 2, "order-1", of=EVENT)
    with there.tracer.span("react", "order-1", cause=EVENT):
        there.tracer.record("append", 3, 4, "order-1", of=LATER, cause=EVENT)
    assert there["react"].parent == here["append"].place
    assert there["react"].remote
    assert there["append"].parent == there["react"].place


def test_an_event_without_a_correlation_id_has_a_trace_of_its_own() -> None:
    told = Told(ratio=0)
    told.tracer.record("message", 1, 4, of=EVENT, kind=Kind.CONSUMER)
    told.tracer.record("decode", 2, 3, cause=EVENT)
    assert told["message"].place == Place(trace_of_event(EVENT), span_of_event(EVENT))
    assert (told["decode"].parent, told["decode"].place.trace) == (told["message"].place, trace_of_event(EVENT))


@pytest.mark.parametrize(("flags", "spans"), [("01", 1), ("00", 0)])
def test_a_caller_says_whether_his_trace_is_told_of(flags: str, spans: int) -> None:
    told = Told(ratio=1 - spans)
    with told.tracer.span("request", traceparent=TRACEPARENT[:-2] + flags):
        pass
    assert [span.parent for span in told.spans] == [CALLER] * spans


def test_of_all_else_a_share_is_told_and_what_failed_with_all_before_it() -> None:
    told = Told(ratio=0)
    with told.tracer.span("well"):
        pass

    def fail() -> None:
        with told.tracer.span("ill"):
            with told.tracer.part("before"):
                pass
            raise KeyError("a secret")

    with pytest.raises(KeyError):
        fail()
    assert {(span.name, span.error) for span in told.spans} == {("before", None), ("ill", "KeyError")}
    assert "secret" not in repr(told.spans)


def test_no_more_than_so_many_spans_are_held_and_the_first_is_among_them() -> None:
    told = Told()
    with told.tracer.span("first"):
        for _ in range(300):
            with told.tracer.part("page"):
                pass
    assert (len(told.spans), told.left_out, told["first"].parent) == (257, 44, None)


async def test_a_task_that_outlives_what_it_was_begun_in_is_no_part_of_it() -> None:
    told, go_on = Told(), asyncio.Event()

    async def later() -> None:
        await go_on.wait()
        with told.tracer.span("later"):
            pass

    with told.tracer.span("request"):
        task = asyncio.create_task(later(), name="later")
    go_on.set()
    await task
    assert told["later"].place.trace != told["request"].place.trace


async def test_what_goes_on_at_the_same_time_is_kept_apart() -> None:
    told = Told()

    async def one(name: str) -> None:
        with told.tracer.span(name):
            await asyncio.sleep(0)
            with told.tracer.part(f"part of {name}"):
                await asyncio.sleep(0)

    await asyncio.gather(one("a"), one("b"))
    assert told["part of a"].parent == told["a"].place
    assert told["part of b"].parent == told["b"].place
    assert told["a"].place.trace != told["b"].place.trace


def test_who_traces_nothing_wants_nothing() -> None:
    with OFF.span("a", "c", cause=EVENT, traceparent=TRACEPARENT) as span, OFF.part("b"):
        span.note(x=1)
        span.failed("y")
    OFF.record("c", 1, 2)
    assert not OFF.on
    assert not OFF.wants(EVENT, "CommandAck")
