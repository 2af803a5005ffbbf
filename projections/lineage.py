"""The lineage index as a read model: `audit` finds an event by its id, dead letters are listed, correlated events are found.

Process history: it names places in one log. The log cannot look events up by id; this can, and reads the event from the log.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec

from adapters.event_log.port import EventLog
from projections.batching import Batcher, BatchPolicy
from projections.dead_letters import dead_letter_view, replay_view
from projections.feed_queries import FeedEvent, FeedPage
from projections.going_on import going_on
from projections.lineage_index import Entry, Fate, LetterPlace, LineageIndex, Place
from projections.lineage_queries import DeadLetterView, LetterState
from projections.own_thread import OwnThread
from schema.dead_letters import DeadLettered, DeadLetterReplayed
from schema.envelope import EVERYTHING, Cursor, Position, RecordedEvent, decode_metadata
from schema.events import ActuatorEvent, CommandAck, Event
from schema.ids import EventId, parse_event_id

_FLEETING: Final = frozenset({"LeaseTaken", "LeaseRenewed", "LeaseReleased", "StateSnapshot"})
"""The log lets go of them soon: what they tell holds for a while only."""
_CLOSE: Final = 8
"""To read so many events more costs no more than another question."""
_LONGEST_ID: Final = 64
_CORRELATED: Final = b'"$correlationId"'


class Lineage:
    """Implements `ReadModel` and `LineageQueries`. It hardly looks beyond envelopes, so no event is unreadable to it."""

    name = "lineage"
    only = EVERYTHING

    def __init__(self, log: EventLog, index: LineageIndex, thread: OwnThread, policy: BatchPolicy | None) -> None:
        self._log = log
        self._index, self._thread = index, thread
        self._batch = Batcher(self._write, list[Entry], policy)

    @classmethod
    async def open(cls, log: EventLog, path: Path, policy: BatchPolicy | None = None) -> "Lineage":
        """The index of this log in that file, made if missing."""
        thread = OwnThread("lineage", "the lineage index")
        index = await thread.run(lambda: LineageIndex(path))
        return cls(log, index, thread, policy)

    @property
    def position(self) -> Position | None:
        return self._batch.position

    async def start(self, head: Cursor) -> Position | None:
        position, _ = await going_on(self.name, self._index, self._thread, head, self._index.recall)
        await self._batch.start(head.log_id, position)
        return position

    async def apply(self, page: FeedPage) -> None:
        self._thread.require_sound()
        self._batch.gathered.extend(_entry(fed) for fed in page.events if fed.recorded.type not in _FLEETING)
        await self._batch.took(page)

    async def close(self) -> None:
        await self._batch.close()
        await self._thread.run(self._index.close)
        self._thread.close()

    async def find(self, event_id: EventId) -> RecordedEvent | None:
        """The event of that id, the first where the log holds it twice; None where it holds none, or none any more."""
        [found] = await self.find_all([event_id])
        return found

    async def find_all(self, event_ids: Sequence[EventId]) -> list[RecordedEvent | None]:
        """The event of each id, as `find` tells it."""
        index = self._index
        places = await self._thread.run(lambda: [index.find(event_id) for event_id in event_ids])
        events = await self._read(place for each in places for place in each)
        return [
            next((events[place] for place in each if place in events and events[place].id == event_id), None)
            for event_id, each in zip(event_ids, places, strict=True)
        ]

    async def correlated(self, correlation_id: str, *, first: int) -> list[RecordedEvent]:
        """At most `first` events of that correlation id, in log order; those that the log let go are left out."""
        index = self._index
        places = await self._thread.run(lambda: index.correlated(correlation_id, first))
        events = await self._read(places)
        return [events[place] for place in places if place in events]

    async def of_commands(self, devices: Mapping[str, str], *, first: int) -> list[RecordedEvent]:
        """At most `first` events of each command in which its own device, named by the command's id, tells something of it."""
        index = self._index
        places = await self._thread.run(
            lambda: [place for each, device in devices.items() for place in index.of_command(device, each, first)]
        )
        events = await self._read(places)
        return [events[place] for place in places if place in events]

    async def letters(self, event_ids: Sequence[EventId]) -> list[DeadLetterView | None]:
        """The dead letter of each id; None where it is none, or none any more."""
        index = self._index
        places = await self._thread.run(lambda: [index.find_letters(event_id) for event_id in event_ids])
        views = {view.event_id: view for view in reversed(await self._views([place for each in places for place in each]))}
        return [views.get(event_id) for event_id in event_ids]

    async def dead_letters(
        self,
        *,
        first: int,
        before: Position | None = None,
        since: Position | None = None,
        oldest: bool = False,
        state: LetterState | None = None,
    ) -> list[DeadLetterView]:
        """At most `first`, newest first, recorded after `since` and before `before`; with `oldest` the last of them."""
        index = self._index
        places = await self._thread.run(
            lambda: index.dead_letters(first, before=before, since=since, oldest=oldest, state=state)
        )
        return await self._views(places)

    async def count_dead_letters(self, state: LetterState | None = None) -> int:
        index = self._index
        return await self._thread.run(lambda: index.count_dead_letters(state))

    async def content_hash(self) -> str:
        """The same where the same events stand in the same places."""
        return await self._thread.run(self._index.content_hash)

    def exchange(self, other: "Lineage") -> None:
        """Each goes on with the index of the other. Both stand still at one position; questions that run come to their end."""
        self._index, other._index = other._index, self._index  # noqa: SLF001  # its own kind
        self._thread, other._thread = other._thread, self._thread  # noqa: SLF001  # likewise

    async def _views(self, letters: Sequence[LetterPlace]) -> list[DeadLetterView]:
        events = await self._read(place for letter in letters for place in letter.places)
        return [
            dead_letter_view(events[one.place], None if one.told is None else events.get(one.told))
            for one in letters
            if one.place in events
        ]

    async def _read(self, places: Iterable[Place]) -> dict[Place, RecordedEvent]:
        """What stands there; those of a stream that lie close together are read as one range."""
        found: dict[Place, RecordedEvent] = {}
        for stream, group in groupby(sorted(set(places), key=_in_stream), key=lambda place: place.stream):
            wanted = {place.revision: place for place in group}
            for first, last in _ranges(list(wanted)):
                events = await self._log.read_stream(stream, start=first, limit=last - first + 1)
                found |= {wanted[event.revision]: event for event in events if event.revision in wanted}
        return found

    async def _write(self, entries: Sequence[Entry], checkpoint: Cursor) -> None:
        index = self._index
        await self._thread.run(lambda: index.write(entries, checkpoint))


def _in_stream(place: Place) -> tuple[str, int]:
    return place.stream, place.revision


def _ranges(revisions: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of ascending revisions, in groups between which there is more than it is worth to read along."""
    first = last = revisions[0]
    for revision in revisions[1:]:
        if revision - last > _CLOSE:
            yield first, last
            first = revision
        last = revision
    yield first, last


def _entry(fed: FeedEvent) -> Entry:
    recorded = fed.recorded
    return Entry(
        recorded.id,
        recorded.position,
        recorded.stream,
        recorded.revision,
        _correlation_of(recorded),
        _command_of(fed.event),
        recorded.type == DeadLettered.__name__,
        _fate_of(fed.event) if isinstance(fed.event, DeadLetterReplayed) else None,
    )


def _command_of(event: Event | None) -> str | None:
    """The command that a device tells something of; nobody else's word is so long."""
    command_id = event.command_id if isinstance(event, CommandAck | ActuatorEvent) else None
    return None if command_id is None or len(command_id) > _LONGEST_ID else command_id


def _fate_of(event: DeadLetterReplayed) -> Fate | None:
    try:
        return Fate(parse_event_id(event.letter_id), replay_view(event, None).state)
    except ValueError:
        return None  # no letter has such an id


def _correlation_of(recorded: RecordedEvent) -> str | None:
    if _CORRELATED not in recorded.metadata:
        return None
    try:
        return decode_metadata(recorded.metadata).correlation_id
    except msgspec.DecodeError:
        return None  # metadata that is not ours has no correlation id of ours
