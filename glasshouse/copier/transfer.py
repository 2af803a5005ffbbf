"""The copying itself: pages of the source become appends to the target, in the order of the source's log.

Events of one stream that stand side by side go in one append; the appends of a page go in one call, which stores them in the
order given. One call at a time: were a later one stored and an earlier one not, the order could not be mended.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from adapters.event_log.port import Append, Conflict, EventLog, Page
from glasshouse.copier.reading import Patience
from glasshouse.copier.standing import ForeignTargetError
from glasshouse.copier.tally import Tally
from schema.envelope import NewEvent, Position, RecordedEvent

EVENTS_AT_ONCE: Final = 500
BYTES_AT_ONCE: Final = 512 * 1024
"""One append stays well below what a store takes at once by default; only an event that is larger goes alone."""


async def transfer(
    pages: AsyncIterator[Page], target: EventLog, tally: Tally, patience: Patience, *, progress: Callable[[int, int], None]
) -> None:
    """Append all events of `pages`, and count them into `tally`, which says what the target holds already."""
    async for page in pages:
        if page.events:
            await _append(target, list(appends_of(page.events, tally)), patience)
        progress(page.position or 0, tally.events)


async def _append(target: EventLog, appends: Sequence[Append], patience: Patience) -> None:
    before: Position | None = None
    for append, result in zip(appends, await patience.ask(lambda: target.append(appends)), strict=True):
        if isinstance(result, Conflict):
            raise ForeignTargetError(
                f"somebody else writes to the target: {append.stream} should end at revision {append.expected} and ends at"
                f" {result.current}; give the copy a log that nothing else writes to, and begin anew"
            )
        if before is not None and result.position <= before:
            raise ForeignTargetError(
                "the target refused some events and stored those behind them, so that its order is not the source's; give the"
                " copy an empty log, and begin anew"
            )
        before = result.position


def appends_of(events: Sequence[RecordedEvent], tally: Tally) -> Iterator[Append]:
    for stream, run in groupby(events, attrgetter("stream")):
        for part in _parts(run):
            expected = tally.next_revision(stream) - 1
            for event in part:
                tally.add(event)
            yield Append(stream, expected, [NewEvent(event.id, event.type, event.data, event.metadata) for event in part])


def _parts(events: Iterator[RecordedEvent]) -> Iterator[list[RecordedEvent]]:
    part: list[RecordedEvent] = []
    size = 0
    for event in events:
        bytes_of_it = len(event.data) + len(event.metadata)
        if part and (len(part) == EVENTS_AT_ONCE or size + bytes_of_it > BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(event)
        size += bytes_of_it
    yield part
