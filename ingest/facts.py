"""What a decoder makes of a message: facts, and flaws that become dead letters."""

from enum import StrEnum

import msgspec

from schema.events import ActuatorEvent, DeviceAnnounced, DeviceStatus, Event, SensorReading
from schema.ids import EventId


class Code(StrEnum):
    """Why a message, or an item of its list, is a dead letter."""

    TOO_LARGE = "too_large"
    EMPTY = "empty"
    NOT_UTF8 = "not_utf8"
    MALFORMED_JSON = "malformed_json"
    DUPLICATE_KEY = "duplicate_key"
    TOO_DEEP = "too_deep"
    NOT_FINITE = "not_finite"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    BAD_VALUE = "bad_value"
    BAD_TIME = "bad_time"
    TIME_WITHOUT_OFFSET = "time_without_offset"
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_TOPIC = "unknown_topic"
    ID_NOT_ALLOWED = "id_not_allowed"
    TOO_MANY_METRICS = "too_many_metrics"
    TOO_MANY_ITEMS = "too_many_items"
    WRONG_SITE = "wrong_site"
    REFUSED_BY_LOG = "refused_by_log"
    DECODER_FAILED = "decoder_failed"


class Fact(msgspec.Struct, frozen=True, gc=False):
    """An event that a message states.

    `id` is None where the message carries neither id, nor time, nor sequence: only its predecessor can tell it from a
    repeat. `time_us` is the device's own time, None where the event's time is ours. `unknown` are metrics without an
    entry in `schema/`. `raw` is the item of a list that the fact came from. `recent` says that its repeat comes soon or never,
    so that the log need not be asked for one that is no longer remembered.
    """

    id: EventId | None
    event: Event
    time_us: int | None = None
    unknown: tuple[str, ...] = ()
    raw: bytes | None = None
    recent: bool = False


class Flaw(msgspec.Struct, frozen=True, gc=False):
    """Something that cannot be understood, in plain words. `raw` is the item of a list, None for the whole message."""

    code: Code
    reason: str
    raw: bytes | None = None


class UnreadableError(ValueError):
    """A message, or an item of its list, cannot be understood."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def subject_of(event: Event) -> str | None:
    """What an event is about, where events about it can repeat one another; None where each has an id by its content."""
    match event:
        case SensorReading():
            return f"reading:{event.sensor_id}"
        case ActuatorEvent():
            return f"state:{event.actuator_id}"
        case DeviceStatus():
            return "status"
        case DeviceAnnounced():
            return "announced"
    return None
