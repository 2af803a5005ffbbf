"""What an SQLite event log refuses to take, said before anything is queued, so that one bad append spoils no other."""

from collections.abc import Sequence
from typing import Final

from adapters.event_log.port import Append, LogError
from adapters.event_log.sqlite_queries import SEPARATOR
from schema.envelope import NewEvent

MAX_EVENT_BYTES: Final = 1 << 20
"""Data and metadata of one event; EventStoreDB takes no more by default either."""
_OVERHEAD: Final = 200
"""What an event costs in memory besides its text, about."""


def checked_size(appends: Sequence[Append]) -> int:
    """About how many bytes the appends keep in memory; LogError where one of them cannot be stored."""
    size = 0
    for append in appends:
        _check_name(append.stream)
        if not append.events:
            raise LogError(f"an append to {append.stream} holds no event")
        for event in append.events:
            size += _event_size(event)
    return size


def _check_name(stream: str) -> None:
    if not stream.isprintable() or not stream or stream.startswith("$"):
        raise LogError(f"{stream[:64]!r} cannot name a stream: printable text is wanted, not starting with $")


def _event_size(event: NewEvent) -> int:
    size = len(event.data) + len(event.metadata)
    if size > MAX_EVENT_BYTES:
        raise LogError(f"a {event.type} of {size} bytes is larger than the {MAX_EVENT_BYTES} bytes that an event may have")
    if len(event.id) != 16 or not event.type.isprintable():  # noqa: PLR2004 - the bytes of a UUID
        raise LogError(f"a {event.type!r} has no id of 16 bytes, or a type that is not printable")
    if SEPARATOR in event.data or SEPARATOR in event.metadata:
        raise LogError(f"a {event.type} holds the control character 0x1E, which JSON does not allow")
    return size + _OVERHEAD
