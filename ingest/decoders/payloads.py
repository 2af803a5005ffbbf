"""The payloads of the native layout, as typed shapes. A field that is null is a field that is not there."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from schema.actuators import Scalar
from schema.events import Quality

Time = Annotated[datetime, msgspec.Meta(tz=True)] | int | float
"""RFC 3339 with an offset, or milliseconds since the epoch."""
Sequence = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class ReadingPayload(msgspec.Struct, rename="camel", gc=False):
    reading: dict[str, float | None]
    id: str | None = None
    sensor_id: str | None = None
    timestamp: Time | None = None
    sent_at: Time | None = None
    seq: Sequence | None = None
    units: dict[str, str] | None = None
    quality: Quality | None = None

    def quotes(self) -> int:
        strings = 1 + len(self.reading) + _number_or_text(self.timestamp) + _number_or_text(self.sent_at)
        strings += 2 * ((self.id is not None) + (self.sensor_id is not None) + (self.quality is not None))
        strings += self.seq is not None
        if self.units is not None:
            strings += 1 + 2 * len(self.units)
        return 2 * strings


class StatePayload(msgspec.Struct, rename="camel", gc=False):
    actuator_id: str
    state: Scalar
    id: str | None = None
    timestamp: Time | None = None
    reason: str | None = None
    by: Literal["device", "remote"] | None = None
    command_id: str | None = None

    def quotes(self) -> int:
        return 2 * _texts(self.actuator_id, self.state, self.id, self.timestamp, self.reason, self.by, self.command_id)


class StatusPayload(msgspec.Struct, rename="camel", gc=False):
    status: Literal["online", "offline"]
    model: str | None = None
    firmware_version: str | None = None

    def quotes(self) -> int:
        return 2 * _texts(self.status, self.model, self.firmware_version)


class AckPayload(msgspec.Struct, rename="camel", gc=False):
    command_id: str
    result: Literal["accepted", "succeeded", "failed", "rejected"]
    state: Scalar | None = None
    reason: str | None = None

    def quotes(self) -> int:
        return 2 * _texts(self.command_id, self.result, self.state, self.reason)


def _texts(*fields: Scalar | datetime | None) -> int:
    """How many strings in JSON the keys and values of these fields are."""
    return sum(map(_number_or_text, fields))


def _number_or_text(field: Scalar | datetime | None) -> int:
    if field is None:
        return 0
    return 2 if isinstance(field, str | datetime) else 1
