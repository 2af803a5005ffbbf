"""What surrounds an event: the envelope in which it is appended and recorded, its metadata, and cursors over a log."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Final, NewType

import msgspec

from schema.ids import EventId
from schema.times import from_micros

Position = NewType("Position", int)
"""A place in one log. Opaque, but positions of one log order totally. None, where a position is asked, is the start."""

_POSITIONS: Final = 2**63


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """An event to be appended: `data` and `metadata` are JSON objects in UTF-8."""

    id: EventId
    type: str
    data: bytes
    metadata: bytes


class RecordedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event as the log holds it. `recorded_us` is when the log took it, in microseconds since the epoch."""

    position: Position
    stream: str
    revision: int
    id: EventId
    type: str
    recorded_us: int
    data: bytes
    metadata: bytes

    @property
    def recorded_at(self) -> datetime:
        return from_micros(self.recorded_us)

    @property
    def category(self) -> str:
        """The stream's name up to its first dash: `device` of `device-tomato-1`."""
        return self.stream.partition("-")[0]


class Filter(msgspec.Struct, frozen=True, gc=False):
    """Which events of the whole log: those of these stream categories and of these types; empty means all."""

    categories: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()


EVERYTHING: Final = Filter()


class Metadata(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Where an event came from. Correlation and causation keep the names that EventStoreDB's own projections read."""

    schema_version: int
    source: str
    received_at: datetime
    decoder: str | None = None
    site: str | None = None
    actor: str | None = None
    signature: str | None = None
    correlation_id: str | None = msgspec.field(default=None, name="$correlationId")
    causation_id: str | None = msgspec.field(default=None, name="$causationId")


_metadata_decoder = msgspec.json.Decoder(Metadata)


def decode_metadata(raw: bytes) -> Metadata:
    """The metadata of a recorded event; msgspec.DecodeError where it is not ours."""
    return _metadata_decoder.decode(raw)


class InvalidCursorError(ValueError):
    """The text is no cursor of ours."""


class Cursor(msgspec.Struct, frozen=True, gc=False):
    """A position together with the log it belongs to: a cursor of another log is a gap, and is said to be one."""

    log_id: str
    position: Position | None

    def encode(self) -> str:
        """Opaque text, safe in a URL."""
        number = "" if self.position is None else str(self.position)
        return urlsafe_b64encode(f"{self.log_id}:{number}".encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """The cursor that `encode` wrote; InvalidCursorError for anything else."""
        try:
            log_id, _, number = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().rpartition(":")
            position = Position(int(number)) if number else None
        except ValueError as error:
            raise InvalidCursorError(f"{text[:64]!r} is not a cursor that this server gave out") from error
        if not log_id or (position is not None and not 0 <= position < _POSITIONS):
            raise InvalidCursorError(f"{text[:64]!r} is not a cursor that this server gave out")
        return cls(log_id, position)
