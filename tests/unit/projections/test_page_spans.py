"""What read models tell of the pages that they took in."""

import time

import msgspec

from adapters.tracing.identity import span_of_event, trace_of, trace_of_event
from projections.feed_queries import FeedEvent, FeedPage
from projections.page_spans import PageSpans
from schema.envelope import Metadata, Position, RecordedEvent
from schema.ids import content_event_id
from tests.support.house_events import at
from tests.support.told import Told

MINUTE_US = 60_000_000


def fed(name: str, *, correlation_id: str | None = None, minutes_ago: int = 0) -> FeedEvent:
    metadata = Metadata(schema_version=1, source="test", received_at=at(0), correlation_id=correlation_id)
    recorded_us = time.time_ns() // 1000 - minutes_ago * MINUTE_US
    place = (Position(1), "device-a", 0, content_event_id(None, name))
    return FeedEvent(RecordedEvent(*place, "SensorReading", recorded_us, b"{}", msgspec.json.encode(metadata)), None)


def applied(told: Told, *events: FeedEvent) -> None:
    PageSpans(told.tracer).applied("latest", FeedPage(events, Position(1), caught_up=True), 0.5)


def test_a_page_is_told_of_in_the_trace_of_each_event_that_is_followed() -> None:
    told = Told(ratio=0)
    command = fed("command", correlation_id="order-1")
    applied(told, fed("reading"), command)
    [span] = told.spans
    assert span.place.trace == trace_of("order-1")
    assert span.parent is not None
    assert span.parent.span == span_of_event(command.recorded.id)
    assert (span.name, span.ended_ns - span.began_ns) == ("project latest", 500_000_000)


def test_a_share_of_pages_and_readings_is_told_of() -> None:
    told = Told(ratio=1)
    reading = fed("reading")
    applied(told, reading)
    page, of_reading = told.spans
    assert page.attributes == {"glasshouse.projection": "latest", "glasshouse.events": 1, "glasshouse.position": 1}
    assert of_reading.place.trace == trace_of_event(reading.recorded.id)


def test_what_happened_long_ago_is_not_told_of_again_by_who_makes_a_read_model_anew() -> None:
    told = Told(ratio=0)
    applied(told, fed("command", correlation_id="order-1", minutes_ago=60))
    assert told.spans == []


def test_progress_without_events_is_not_worth_a_span() -> None:
    told = Told()
    applied(told)
    assert told.spans == []
