"""What a reactor says, appended so that each word is there once: it is said again where it is not known whether it was said.

Words follow from the log, under ids that follow from what is said, and it is known how many come before in their stream. Where
nobody else wrote there, one append for all says them, and adds nothing where they were said before. Where somebody did, it is
looked up which are there.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from adapters.event_log.limits import portions
from adapters.event_log.port import Append, Appended, Conflict, EventLog, LogUnavailableError
from schema.envelope import NewEvent


class Saying(msgspec.Struct, frozen=True):
    """An event for a stream, where at least so many events come before it."""

    stream: str
    event: NewEvent
    number: int = 0


async def say(log: EventLog, sayings: Iterable[Saying], pause: Callable[[LogUnavailableError], Awaitable[None]]) -> None:
    """Each once, in each stream in the order given; returns once all are there. `pause` waits where the log is away."""
    left = _by_stream(sayings)
    while left:
        try:
            results = await log.append([words.append() for words in left])
            left = [await words.after(log, result) for words, result in zip(left, results, strict=True)]
            left = [words for words in left if words.events]
        except LogUnavailableError as error:
            await pause(error)


class _Words(msgspec.Struct, frozen=True):
    """What is still to be said in a stream. `expected` is believed to be its revision, `number` is the least that it was."""

    stream: str
    number: int
    expected: int
    events: Sequence[NewEvent]

    def append(self) -> Append:
        return Append(self.stream, self.expected, self._first())

    async def after(self, log: EventLog, result: Appended | Conflict) -> "_Words":
        """What is left of it, given what became of the append."""
        if isinstance(result, Appended):
            said = len(self._first())
            return _Words(self.stream, self.number, self.expected + said, self.events[said:])
        there = await log.contains(self.stream, [event.id for event in self.events], start=self.number)
        return _Words(self.stream, self.number, result.current, [event for event in self.events if event.id not in there])

    def _first(self) -> Sequence[NewEvent]:
        """As many as fit into one append."""
        return self.events[next(portions(self.events))]


def _by_stream(sayings: Iterable[Saying]) -> list[_Words]:
    streams: dict[str, list[Saying]] = {}
    for said in sayings:
        streams.setdefault(said.stream, []).append(said)
    return [_Words(stream, said[0].number, said[0].number - 1, [one.event for one in said]) for stream, said in streams.items()]
