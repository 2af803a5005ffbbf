"""How far a copy has come, found in the copy itself: it must be the beginning of the original, event for event.

So nothing beside the two logs has to be kept, or can be lost: a copy that was killed at any moment is taken up where its own
content ends.
"""

from collections.abc import Callable
from contextlib import aclosing

import msgspec

from adapters.event_log.port import EventLog, LogError
from glasshouse.copier.reading import Events, Patience, pages_of
from glasshouse.copier.tally import Tally
from schema.envelope import Position, RecordedEvent


class ForeignTargetError(LogError):
    """The target holds what the source does not: the two are never mixed."""


class Standing(msgspec.Struct, frozen=True):
    """What both hold alike, up to which position of each. `beyond`: how many events the target holds after all of that."""

    tally: Tally
    source: Position | None = None
    target: Position | None = None
    beyond: int = 0


async def standing(
    source: EventLog, target: EventLog, until: Position | None, patience: Patience, *, progress: Callable[[int, int], None]
) -> Standing:
    """Hold all of the target against the source up to `until`; ForeignTargetError names the first event that differs."""
    tally, at, reached, beyond = Tally(), None, None, 0
    async with (
        aclosing(pages_of(source, None, until, patience)) as originals,
        aclosing(pages_of(target, None, None, patience)) as copies,
    ):
        expected = Events(originals)
        async for page in copies:
            originals_here = await expected.take(len(page.events)) if until is not None else []
            for original, copy in zip(originals_here, page.events, strict=False):
                _check(original, copy, tally)
            if originals_here:
                at, reached = originals_here[-1].position, page.events[len(originals_here) - 1].position
            beyond += len(page.events) - len(originals_here)
            progress(at or 0, tally.events)
    if beyond and not tally.events:
        raise ForeignTargetError("the target holds events, and the source none: are the two given the wrong way round?")
    return Standing(tally, at, reached, beyond)


def _check(original: RecordedEvent, copy: RecordedEvent, tally: Tally) -> None:
    revision = tally.next_revision(original.stream)
    if copy.stream == original.stream and copy.revision == revision and not differing(original, copy):
        tally.add(original)
        return
    alike = f"after {tally.events:,} events that are alike, " if tally.events else ""
    raise ForeignTargetError(
        f"the target is no copy of the source that could be gone on with: {alike}it holds {place_of(copy)}, where the source"
        f" holds {place_of(original)}{_hint(copy, original)}; give the copy a log of its own, which is empty"
    )


def _hint(copy: RecordedEvent, original: RecordedEvent) -> str:
    """The same place with another content is told by what differs."""
    if (copy.stream, copy.revision) != (original.stream, original.revision):
        return ""
    return f" with another {' and '.join(differing(original, copy))}"


def differing(original: RecordedEvent, copy: RecordedEvent) -> list[str]:
    """What of the two is not the same, byte for byte."""
    return [name for name in ("id", "type", "data", "metadata") if getattr(original, name) != getattr(copy, name)]


def place_of(event: RecordedEvent) -> str:
    return f"a {event.type} in {event.stream} at revision {event.revision}"
