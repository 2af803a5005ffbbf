"""A log that tells of what is asked of it."""

import msgspec

from adapters.event_log.port import NO_STREAM, Append, Conflict
from adapters.tracing.identity import span_of_event, trace_of
from adapters.tracing.log import TracedLog
from schema.envelope import Metadata, NewEvent
from schema.ids import content_event_id, format_event_id
from tests.support.house_events import at
from tests.support.memory_log import MemoryLog
from tests.support.told import Told


def event(name: str, correlation_id: str | None = None, cause: bytes | None = None) -> NewEvent:
    metadata = Metadata(
        schema_version=1,
        source="test",
        received_at=at(0),
        correlation_id=correlation_id,
        causation_id=None if cause is None else format_event_id(cause),
    )
    return NewEvent(content_event_id(None, name), "CommandDispatching", b'{"secret":1}', msgspec.json.encode(metadata))


async def test_an_append_of_a_correlation_id_is_told_of_in_its_trace_whoever_makes_it() -> None:
    told = Told(ratio=0)
    log = TracedLog(MemoryLog(), told.tracer)
    first, second = event("first", "order-1"), event("second", "order-1", cause=content_event_id(None, "first"))
    await log.append([Append("control-a", NO_STREAM, [first])])
    await log.append([Append("control-a", 0, [second])])
    before, after = told.spans
    assert (before.place.trace, before.place.span) == (trace_of("order-1"), span_of_event(first.id))
    assert after.parent == before.place
    assert after.attributes["glasshouse.stream"] == "control-a"
    assert "secret" not in repr(told.spans)


async def test_an_append_that_conflicts_is_told_of_but_is_not_the_span_of_its_event() -> None:
    told = Told(ratio=0)
    log = TracedLog(MemoryLog(), told.tracer)
    await log.append([Append("control-a", NO_STREAM, [event("first")])])
    [result] = await log.append([Append("control-a", NO_STREAM, [late := event("late", "order-1")])])
    assert isinstance(result, Conflict)
    [span] = told.spans
    assert span.attributes["glasshouse.conflict"]
    assert span.place.span != span_of_event(late.id)


async def test_pages_are_told_of_as_parts_of_what_they_are_read_for() -> None:
    told = Told()
    log = TracedLog(MemoryLog(), told.tracer)
    await log.append([Append("control-a", NO_STREAM, [event("a"), event("b")])])
    await log.read_stream("control-a")
    assert told.spans == []
    with told.tracer.span("fold"):
        await log.read_stream("control-a")
        pages = [page async for page in log.read_all(None)]
    sizes = [span.attributes["glasshouse.events"] for span in told.spans if span.name == "log read page"]
    assert sizes == [2, *(len(page.events) for page in pages), 0]
