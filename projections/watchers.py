"""Who watches something: each has an event of his own, which is set when that changed, also while he does not wait."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Watchers:
    """Watchers by key. Clear the event, look, then wait for it: nothing is missed."""

    def __init__(self) -> None:
        self._events: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def watching(self, key: str) -> Iterator[asyncio.Event]:
        """The event, set at first."""
        event = asyncio.Event()
        event.set()
        there = self._events.setdefault(key, set())
        there.add(event)
        try:
            yield event
        finally:
            there.discard(event)
            if not there:
                self._events.pop(key, None)

    def changed(self, keys: Iterable[str]) -> None:
        for key in self._events.keys() & set(keys):
            for event in self._events[key]:
                event.set()

    def all_changed(self) -> None:
        self.changed(self._events)
