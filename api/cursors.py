"""Cursors that the API gives out: places in a list, and places in the log between two values of one event. All opaque."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from adapters.history.port import SeriesKey
from api.errors import ApiError, ErrorCode
from schema.envelope import Cursor, InvalidCursorError, Position
from schema.ids import EventId


class DevicePlace(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """After this device."""

    device_id: str


class ReadingPlace(msgspec.Struct, frozen=True, array_like=True, tag="r"):
    """After this row of the history, in a walk that began when the history had read its log up to `seen`.

    Later pages of a walk leave out what came after `seen`, so that its live cursor goes on exactly where it ends.
    """

    log_id: str
    seen: int | None
    timestamp_us: int
    event_id: EventId
    metric: str


class AnomalyPlace(msgspec.Struct, frozen=True, array_like=True, tag="a"):
    """After this anomaly in the list, newest first."""

    start_us: int
    device: str
    sensor: str
    metric: str


class AnomalyMark(msgspec.Struct, frozen=True, array_like=True, tag="m"):
    """All changes of anomalies up to a position were told, or with `seen` those up to that series and hour at it."""

    log_id: str
    position: int
    seen: tuple[SeriesKey, int] | None = None


_PlaceT = TypeVar("_PlaceT", DevicePlace, ReadingPlace, AnomalyPlace, AnomalyMark)


def encode_place(place: DevicePlace | ReadingPlace | AnomalyPlace | AnomalyMark) -> str:
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def decode_place(text: str, kind: type[_PlaceT]) -> _PlaceT:
    """The place that `encode_place` wrote; ApiError INVALID_INPUT for anything else."""
    try:
        return msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (ValueError, msgspec.DecodeError) as error:
        raise _not_ours(text) from error


class ResumePoint(msgspec.Struct, frozen=True, gc=False):
    """All up to `cursor` has been seen, and of the SensorReading that follows it the first `values` values too."""

    cursor: Cursor
    values: int = 0

    def encode(self) -> str:
        return f"{self.cursor.encode()}.{self.values}" if self.values else self.cursor.encode()


def decode_resume_point(text: str) -> ResumePoint:
    """The point that `ResumePoint.encode` wrote; ApiError INVALID_INPUT for anything else."""
    place, dot, number = text.partition(".")
    try:
        values = int(number) if dot else 0
        if values < 0 or not text.isascii():
            raise InvalidCursorError(text)
        return ResumePoint(Cursor.decode(place), values)
    except ValueError as error:
        raise _not_ours(text) from error


def decode_position(text: str, log_id: str) -> Position | None:
    """The position of a cursor of this log; ApiError INVALID_INPUT for anything else."""
    cursor = decode_resume_point(text).cursor
    if cursor.log_id != log_id:
        raise ApiError(ErrorCode.INVALID_INPUT, f"{text[:64]!r} is a cursor of another log")
    return cursor.position


def _not_ours(text: str) -> ApiError:
    return ApiError(ErrorCode.INVALID_INPUT, f"{text[:64]!r} is not a cursor that this server gave out")
