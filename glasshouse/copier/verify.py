"""Holding a copy against its original: by their tallies, and where those differ, event by event until the place is found."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Final

import msgspec

from adapters.event_log.port import EventLog, Page
from glasshouse.copier.reading import Events, Patience, pages_of
from glasshouse.copier.standing import Standing, differing, place_of
from glasshouse.copier.tally import Tally
from schema.envelope import Position, RecordedEvent

TOLD: Final = 100
"""So many differences are named; who has more has no copy."""


class Difference(msgspec.Struct, frozen=True):
    """Where the copy is not what the original is. `revision` is the copy's."""

    stream: str
    revision: int
    what: str


class Pair(msgspec.Struct, frozen=True):
    """Two logs that should hold the same: the source up to `until`."""

    source: EventLog
    target: EventLog
    until: Position | None
    patience: Patience


async def read_back(target: EventLog, standing: Standing, patience: Patience, *, progress: Callable[[int, int], None]) -> Tally:
    """The tally of the target, read from where it was known before."""
    tally = standing.tally.copy()
    async with aclosing(pages_of(target, standing.target, None, patience)) as pages:
        async for page in pages:
            for event in page.events:
                tally.add(event)
            progress(page.position or 0, tally.events)
    return tally


async def differences(pair: Pair, wanted: Tally, found: Tally) -> list[Difference]:
    """None where the tallies agree; else the places, the first of each stream at least, TOLD at most."""
    if (wanted.events, wanted.digest) == (found.events, found.digest):
        return []
    told: list[Difference] = []
    streams = sorted(name for name in wanted.streams.keys() | found.streams.keys() if _differs(name, wanted, found))
    async with aclosing(_all(pair, streams)) as places:
        async for place in places:
            told.append(place)
            if len(told) == TOLD:
                break
    return told


async def _all(pair: Pair, streams: Sequence[str]) -> AsyncGenerator[Difference]:
    for stream in streams:
        async for place in _in_stream(pair, stream):
            yield place
    if not streams:
        async for place in _in_order(pair):
            yield place


def _differs(stream: str, wanted: Tally, found: Tally) -> bool:
    one, other = wanted.streams.get(stream), found.streams.get(stream)
    return one is None or other is None or (one.events, one.digest) != (other.events, other.digest)


async def _in_stream(pair: Pair, stream: str) -> AsyncIterator[Difference]:
    """Events whose content differs in place, and the place from which on the stream holds others."""
    originals = Events(_stream_pages(pair.source, stream, pair.until, pair.patience))
    copies = Events(_stream_pages(pair.target, stream, None, pair.patience))
    revision = 0
    while True:
        original, copy = await originals.take(), await copies.take()
        if original is None and copy is None:
            return
        what = _what(original, copy, revision)
        if what is not None:
            yield Difference(stream, revision, what)
        if original is None or copy is None or original.id != copy.id:
            return
        revision += 1


def _what(original: RecordedEvent | None, copy: RecordedEvent | None, revision: int) -> str | None:
    if copy is None or original is None:
        return "this and what follows is missing" if copy is None else "this and what follows is only in the copy"
    if original.id != copy.id:
        return "from here on it holds other events"
    if copy.revision != revision:
        return f"stands at revision {copy.revision}"
    names = differing(original, copy)
    return f"another {' and '.join(names)}" if names else None


async def _in_order(pair: Pair) -> AsyncIterator[Difference]:
    """Each stream is right: then the first place where they follow one another differently."""
    async with (
        aclosing(pages_of(pair.source, None, pair.until, pair.patience)) as originals,
        aclosing(pages_of(pair.target, None, None, pair.patience)) as copies,
    ):
        expected, found = Events(originals), Events(copies)
        while (original := await expected.take()) is not None and (copy := await found.take()) is not None:
            if (original.stream, original.id) != (copy.stream, copy.id):
                yield Difference(copy.stream, copy.revision, f"stands before its turn: {place_of(original)} comes first")
                return


async def _stream_pages(log: EventLog, stream: str, until: Position | None, patience: Patience) -> AsyncIterator[Page]:
    start = 0
    while events := await patience.ask(partial(log.read_stream, stream, start=start, until=until)):
        yield Page(events, events[-1].position, caught_up=False)
        start = events[-1].revision + 1
