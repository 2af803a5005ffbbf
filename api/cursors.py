"""Cursors that the API gives out: places in a list, and places in the log between two values of one event. All opaque."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import msgspec

from adapters.history.port import RowKey, SeriesKey
from api.errors import ApiError, ErrorCode
from schema.envelope import Cursor, InvalidCursorError, Position
from schema.ids import EventId
from schema.times import EARLIEST_US, LATEST_US

_Micros: TypeAlias = Annotated[int, msgspec.Meta(ge=EARLIEST_US, le=LATEST_US)]
_Whole: TypeAlias = Annotated[int, msgspec.Meta(ge=-LATEST_US, le=LATEST_US)]
"""Of 64 bits, with room to reckon."""


class DevicePlace(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """At this device."""

    device_id: str


class RulePlace(msgspec.Struct, frozen=True, array_like=True, tag="u"):
    """At this alert rule."""

    rule_id: str


class ReadingPlace(msgspec.Struct, frozen=True, array_like=True, tag="r"):
    """At this row of the history, in a walk that began when the history had read its log up to `seen`.

    Later pages of a walk leave out what came after `seen`, so that its live cursor goes on exactly where it ends.
    """

    log_id: str
    seen: _Whole | None
    timestamp_us: _Micros
    event_id: EventId
    metric: str

    @property
    def key(self) -> RowKey:
        return self.timestamp_us, self.event_id, self.metric


class AnomalyPlace(msgspec.Struct, frozen=True, array_like=True, tag="a"):
    """At this anomaly in the list, newest first."""

    start_us: _Micros
    device: str
    sensor: str
    metric: str


class AlertPlace(msgspec.Struct, frozen=True, array_like=True, tag="l"):
    """At this alert in the list, newest first."""

    position: _Whole


class NotificationPlace(msgspec.Struct, frozen=True, array_like=True, tag="n"):
    """At this notification in the list, newest first."""

    position: _Whole


class CommandPlace(msgspec.Struct, frozen=True, array_like=True, tag="c"):
    """At this command in the list, newest first."""

    position: _Whole


class AuditPlace(msgspec.Struct, frozen=True, array_like=True, tag="t"):
    """At this entry of the audit trail, newest first."""

    entry: _Whole


class AnomalyMark(msgspec.Struct, frozen=True, array_like=True, tag="m"):
    """All changes of anomalies up to a position were told, or with `seen` those up to that series and hour at it."""

    log_id: str
    position: _Whole
    seen: tuple[SeriesKey, _Micros] | None = None


_Place: TypeAlias = (
    DevicePlace
    | RulePlace
    | AlertPlace
    | NotificationPlace
    | ReadingPlace
    | AnomalyPlace
    | AnomalyMark
    | AuditPlace
    | CommandPlace
)
_PlaceT = TypeVar("_PlaceT", bound=_Place)


def encode_place(place: _Place) -> str:
    return _encoded(place)


def decode_place(text: str, kind: type[_PlaceT]) -> _PlaceT:
    """The place that `encode_place` wrote; ApiError INVALID_INPUT for anything else."""
    try:
        place: _PlaceT = _decoded(text, kind)
    except (ValueError, msgspec.DecodeError) as error:
        raise _not_ours(text) from error
    return place


SeriesName: TypeAlias = tuple[str, str, str]
"""Device, sensor, metric."""
BEFORE_ALL_SERIES: Final[SeriesName] = ("", "", "")


class ResumePoint(msgspec.Struct, frozen=True, gc=False):
    """All up to `cursor` has been seen, and of the SensorReading that follows it the first `values` values too.

    With `told` that is so of the series up to that one, in their order; of those after it nothing was seen yet.
    """

    cursor: Cursor
    values: int = 0
    told: SeriesName | None = None

    def encode(self) -> str:
        text = self.cursor.encode()
        if self.told is not None:
            return f"{text}.{self.values}.{_encoded(self.told)}"
        return f"{text}.{self.values}" if self.values else text


def decode_resume_point(text: str) -> ResumePoint:
    """The point that `ResumePoint.encode` wrote; ApiError INVALID_INPUT for anything else."""
    place, dot, rest = text.partition(".")
    number, told_dot, told = rest.partition(".")
    try:
        values = int(number) if dot else 0
        if values < 0 or not text.isascii():
            raise InvalidCursorError(text)
        return ResumePoint(Cursor.decode(place), values, _decoded(told, SeriesName) if told_dot else None)
    except (ValueError, msgspec.DecodeError) as error:
        raise _not_ours(text) from error


def decode_position(text: str, log_id: str) -> Position | None:
    """The position of a cursor of this log; ApiError INVALID_INPUT for anything else."""
    cursor = decode_resume_point(text).cursor
    if cursor.log_id != log_id:
        raise ApiError(ErrorCode.INVALID_INPUT, f"{text[:64]!r} is a cursor of another log")
    return cursor.position


def _encoded(place: object) -> str:
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def _decoded(text: str, kind: Any) -> Any:
    return msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)


def _not_ours(text: str) -> ApiError:
    return ApiError(ErrorCode.INVALID_INPUT, f"{text[:64]!r} is not a cursor that this server gave out")
