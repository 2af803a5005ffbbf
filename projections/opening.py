"""Opening a page of the log: each event's data decoded once. What cannot be read is said, and never stops the page."""

import structlog

from adapters.event_log.port import Page
from projections.feed_queries import FeedEvent, FeedPage
from schema.envelope import RecordedEvent
from schema.ids import format_event_id
from schema.registry import REGISTRY


class UnreadableEventError(Exception):
    """A read model needs what is inside an event, and its data does not fit its type."""


def open_page(page: Page, *, caught_up: bool) -> FeedPage:
    """The page with its events decoded; those that cannot be are among `unreadable`, or without an event if of unknown type."""
    unpack = REGISTRY.unpack
    try:
        events = [FeedEvent(recorded, unpack(recorded)) for recorded in page.events]
    except Exception:  # noqa: BLE001  # an upcaster may fail in any way; the second look names each failure
        return _open_one_by_one(page, caught_up=caught_up)
    return FeedPage(events, page.position, caught_up)


def require_readable(page: FeedPage) -> None:
    """UnreadableEventError where the page holds an event that cannot be read: going on would be a silent gap."""
    for recorded in page.unreadable:
        raise UnreadableEventError(
            f"event {format_event_id(recorded.id)} (revision {recorded.revision} of {recorded.stream}, position "
            f"{recorded.position}) is no {recorded.type} that can be read: {_reason(recorded)}"
        )


def _open_one_by_one(page: Page, *, caught_up: bool) -> FeedPage:
    opened = [_open(recorded) for recorded in page.events]
    unreadable = tuple(event.recorded for event, readable in opened if not readable)
    return FeedPage([event for event, _ in opened], page.position, caught_up, unreadable)


def unpacked(recorded: RecordedEvent) -> FeedEvent:
    """An event by itself; without what is inside where that is not known, or cannot be read."""
    return _open(recorded)[0]


def _open(recorded: RecordedEvent) -> tuple[FeedEvent, bool]:
    if recorded.type not in REGISTRY.types:
        return FeedEvent(recorded, None), True
    try:
        return FeedEvent(recorded, REGISTRY.unpack(recorded)), True
    except Exception as error:  # noqa: BLE001  # whatever it is, it is this event's alone
        structlog.get_logger().warning(
            "event_unreadable", stream=recorded.stream, revision=recorded.revision, reason=str(error)
        )
        return FeedEvent(recorded, None), False


def _reason(recorded: RecordedEvent) -> str:
    try:
        REGISTRY.unpack(recorded)
    except Exception as error:  # noqa: BLE001  # see `_open`
        return str(error)
    return "it could not be read before"
