"""A query for raw rows of a device as conditions of SQL, over the columns of `HistoryRow`."""

from typing import Any

from adapters.history.port import RangeQuery
from schema.ids import EventId, format_event_id
from schema.times import to_micros


def conditions(query: RangeQuery) -> tuple[list[str], dict[str, Any]]:
    """What the query asks for, but for the place where it goes on."""
    asked = [
        ("device = $device", "device", query.device),
        ("sensor = $sensor", "sensor", query.sensor),
        ("metric = $metric", "metric", query.metric),
        ("timestamp_us >= $start", "start", None if query.start is None else to_micros(query.start)),
        ("timestamp_us < $end", "end", None if query.end is None else to_micros(query.end)),
    ]
    return (
        [condition for condition, _, value in asked if value is not None],
        {name: value for _, name, value in asked if value is not None},
    )


def after(place: tuple[int, EventId, str]) -> tuple[list[str], dict[str, Any]]:
    """What comes after a place in the order of (timestamp, event id, metric)."""
    timestamp_us, event_id, metric = place
    values = {"after_us": timestamp_us, "after_id": format_event_id(event_id), "after_metric": metric}
    return [
        "(timestamp_us, event_id, metric) > ($after_us, $after_id::UUID, $after_metric)",
        "timestamp_us >= $after_us",
    ], values
