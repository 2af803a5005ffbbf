"""How far a copy has come, found in the copy itself: it must be the beginning of the original, event for event.

So nothing beside the two logs has to be kept, or can be lost: a copy that was killed at any moment is taken up where its own
content ends. Only what the source has let go of in the meantime may stand in the copy alone.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial

import msgspec

from adapters.event_log.port import EventLog, LogError, Page
from glasshouse.copier.reading import Events, Patience, pages_of
from glasshouse.copier.tally import Tally
from schema.envelope import Position, RecordedEvent


class ForeignTargetError(LogError):
    """The target holds what the source does not: the two are never mixed."""


class Standing(msgspec.Struct):
    """What both hold alike, up to which position of each.

    Of the target's events, `let_go` are those that the source has let go of since, `beyond` those after all that it holds.
    """

    tally: Tally
    source: Position | None = None
    target: Position | None = None
    let_go: int = 0
    beyond: int = 0


async def standing(
    source: EventLog, target: EventLog, until: Position | None, patience: Patience, *, progress: Callable[[int, int], None]
) -> Standing:
    """Hold all of the target against the source up to `until`; ForeignTargetError names the first event that differs."""
    found, gone = Standing(Tally()), LetGo(source, patience)
    async with (
        aclosing(_originals(source, until, patience)) as originals,
        aclosing(pages_of(target, None, None, patience)) as copies,
    ):
        expected = Events(originals)
        async for page in copies:
            for copy in page.events:
                await _compare(expected, copy, found, gone)
            progress(found.source or 0, found.tally.events)
    if found.beyond and not found.tally.events:
        raise ForeignTargetError("the target holds events, and the source none: are the two given the wrong way round?")
    return found


async def _originals(source: EventLog, until: Position | None, patience: Patience) -> AsyncGenerator[Page]:
    if until is not None:
        async with aclosing(pages_of(source, None, until, patience)) as pages:
            async for page in pages:
                yield page


async def _compare(expected: Events, copy: RecordedEvent, found: Standing, gone: "LetGo") -> None:
    original = await expected.peek()
    if original is None:
        found.beyond += 1
    elif _alike(original, copy, found.tally):
        await expected.take()
        found.tally.add(original)
        found.source, found.target = original.position, copy.position
    elif await gone.holds(copy):
        found.tally.add(copy)
        found.let_go += 1
        found.target = copy.position
    else:
        alike = f"after {found.tally.events:,} events that are alike, " if found.tally.events else ""
        raise ForeignTargetError(
            f"the target is no copy of the source that could be gone on with: {alike}it holds {place_of(copy)},"
            f" where the source holds {place_of(original)}{_hint(copy, original)}; give the copy an empty log of its own"
        )


def _alike(original: RecordedEvent, copy: RecordedEvent, tally: Tally) -> bool:
    in_place = copy.stream == original.stream and copy.revision == tally.next_revision(copy.stream)
    return in_place and not differing(original, copy)


class LetGo:
    """What the source has let go of since it was copied: events before those that a truncated stream still has."""

    def __init__(self, source: EventLog, patience: Patience) -> None:
        self._source = source
        self._patience = patience
        self._truncated: dict[str, bool] = {}

    async def holds(self, copy: RecordedEvent) -> bool:
        if copy.stream not in self._truncated:
            first = await self._patience.ask(partial(self._source.read_stream, copy.stream, limit=1))
            self._truncated[copy.stream] = bool(first) and first[0].revision > 0
        if not self._truncated[copy.stream]:
            return False
        return not await self._patience.ask(partial(self._source.contains, copy.stream, [copy.id]))


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
