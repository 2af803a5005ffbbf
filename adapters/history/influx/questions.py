"""What is asked of InfluxDB, in InfluxQL, and how readings come out of its answers."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from adapters.history.influx.connection import Series
from adapters.history.influx.lines import MEASUREMENT, decode_tag, encode_tag
from adapters.history.influx.points import span_ns
from adapters.history.port import HistoryRow
from schema.envelope import Position
from schema.events import Quality

Key = tuple[str, str, str]
"""Device, sensor and metric."""
Ask = Callable[[str], list[list[Series]]]
"""Statements to the series that each finds."""
_FIELDS: Final = "value, unit, quality, id, recorded, revision, position, timestamp_us"
_FIRST_NS, _END_NS = span_ns(None, None)
_EVER: Final = f"time >= {_FIRST_NS} AND time < {_END_NS}"
COUNT: Final = f"SELECT count(id) FROM {MEASUREMENT} WHERE {_EVER}"  # noqa: S608  # of our own constants


def last_of_each(measurement: str, field: str, devices: Iterable[str] | None = None) -> str:
    """The newest point of each series, of these devices or of all."""
    condition = "" if devices is None else of_devices(devices)
    return f'SELECT last("{field}") FROM {measurement} WHERE {condition}{_EVER} GROUP BY device, sensor, metric'  # noqa: S608  # texts are quoted


def of_devices(devices: Iterable[str]) -> str:
    """The condition that it is one of these."""
    asked = " OR ".join(f"device = '{_text(encode_tag(device))}'" for device in sorted(devices))
    return f"({asked}) AND "


def tags(device: str | None, sensor: str | None, metric: str | None) -> str:
    """The condition that these are so; None is any."""
    asked = [("device", device), ("sensor", sensor), ("metric", metric)]
    return "".join(f"{name} = '{_text(encode_tag(value))}' AND " for name, value in asked if value is not None)


def recorded_up_to(position: Position | None) -> str:
    """The condition that the log took it at that position or before; None is any."""
    return "" if position is None else f"position <= {position} AND "


def rows(condition: str, start_ns: int, end_ns: int, limit: int, *, backwards: bool = False) -> str:
    """The first readings in [start, end) in the order of their points, or with `backwards` the last, the very last first."""
    order = "DESC" if backwards else "ASC"
    return _select(f"{_FIELDS}, device, sensor, metric", condition, start_ns, end_ns, f"{order} LIMIT {limit}")


def places(condition: str, start_ns: int, end_ns: int, limit: int) -> str:
    """Which event stands where in [start, end), and at which position it was recorded."""
    return _select("id, position", condition, start_ns, end_ns, f"ASC LIMIT {limit}")


def is_whole(values: Sequence[Any]) -> bool:
    """Whether a reading of `rows` has all its fields, but perhaps a unit: those of one being written come in turn."""
    return None not in values[:2] and None not in values[3:]


def to_row(values: Sequence[Any]) -> HistoryRow:
    """A reading as `rows` asks for it."""
    _, value, unit, quality, event_id, recorded, revision, position, timestamp_us, device, sensor, metric = values
    return HistoryRow(
        decode_tag(device),
        decode_tag(sensor),
        decode_tag(metric),
        timestamp_us,
        value,
        unit,
        Quality(quality),
        bytes.fromhex(event_id),
        recorded,
        revision,
        Position(position),
    )


def key_of(series: Series) -> Key:
    """Which series that is."""
    return decode_tag(series.tags["device"]), decode_tag(series.tags["sensor"]), decode_tag(series.tags["metric"])


def values_of(series: Iterable[Series]) -> list[list[Any]]:
    """The values of an answer that is not told apart by tags; none where nothing was found."""
    return next((one.values for one in series), [])


def _select(fields: str, condition: str, start_ns: int, end_ns: int, order: str) -> str:
    return (
        f"SELECT {fields} FROM {MEASUREMENT} WHERE {condition}time >= {start_ns} AND time < {end_ns} "  # noqa: S608  # texts are quoted
        f"ORDER BY time {order}"
    )


def _text(value: str) -> str:
    """Within single quotes. A tag as we encode it has neither backslashes nor line breaks."""
    return value.replace("'", "\\'")
