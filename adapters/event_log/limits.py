"""What no event log takes, said before anything is sent or queued, so that one bad append spoils no other."""

from collections.abc import Iterator, Sequence
from typing import Final

from adapters.event_log.port import MAX_APPEND_BYTES, Append, LogError
from schema.envelope import NewEvent

_OVERHEAD: Final = 200
"""What an event costs in memory besides its text, about."""


def event_size(event: NewEvent) -> int:
    """What of `MAX_APPEND_BYTES` an event takes. Stores count the characters of a type as two bytes each."""
    return len(event.data) + len(event.metadata) + 2 * len(event.type)


def portions(events: Sequence[NewEvent]) -> Iterator[slice]:
    """As few slices as can be of which each fits into one append; an event that fits into none has one of its own."""
    start = size = 0
    for number, event in enumerate(events):
        added = event_size(event)
        if number > start and size + added > MAX_APPEND_BYTES:
            yield slice(start, number)
            start, size = number, 0
        size += added
    if events:
        yield slice(start, len(events))


def checked_size(appends: Sequence[Append]) -> int:
    """About how many bytes the appends keep in memory; LogError where one of them cannot be stored."""
    total = 0
    for append in appends:
        _check_name(append.stream)
        if not append.events:
            raise LogError(f"an append to {append.stream} holds no event")
        size = sum(map(_checked_event_size, append.events))
        if size > MAX_APPEND_BYTES:
            raise LogError(
                f"an append of {len(append.events)} events to {append.stream} takes {size} bytes, "
                f"which is larger than the {MAX_APPEND_BYTES} that an append may have"
            )
        total += size + _OVERHEAD * len(append.events)
    return total


def _check_name(stream: str) -> None:
    if not stream.isprintable() or not stream or stream.startswith("$"):
        raise LogError(f"{stream[:64]!r} cannot name a stream: printable text is wanted, not starting with $")


def _checked_event_size(event: NewEvent) -> int:
    if len(event.id) != 16 or not event.type.isprintable():  # noqa: PLR2004 - the bytes of a UUID
        raise LogError(f"a {event.type!r} has no id of 16 bytes, or a type that is not printable")
    return event_size(event)
