"""What changed of the anomalies, for all who follow in one process: the history is asked once for all of them, every so often.

Only changes up to the history's checkpoint are told: what lies beyond may be judged anew after a crash. Nothing here needs the
process to fill the history itself.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from adapters.history.port import Anomaly, AnomalyChanges, HistoryQueries
from adapters.history.serving import ServingHistory
from schema.envelope import Cursor

_PAGES_KEPT: Final = 16
"""Who follows is at the same place as all others, or reads up."""


class AnomalyFeed:
    """Changes of the anomalies of one history. `pause_seconds` is how old an answer may be."""

    def __init__(
        self, history: HistoryQueries, *, pause_seconds: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._history = history
        self._pause = pause_seconds
        self._clock = clock
        self._asking = asyncio.Lock()
        self._asked_at: float | None = None
        self._checkpoint: Cursor | None = None
        self._asked = self.store
        self._pages: OrderedDict[AnomalyChanges, list[Anomaly]] = OrderedDict()

    @property
    def store(self) -> HistoryQueries:
        """The history that serves now: another one where another version of it took its place."""
        return self._history.store if isinstance(self._history, ServingHistory) else self._history

    async def checkpoint(self) -> Cursor | None:
        """Up to where changes can be told."""
        async with self._asking:
            if self._asked_at is None or self._clock() - self._asked_at >= self._pause:
                found = await self._history.checkpoint()
                if found != self._checkpoint or self.store is not self._asked:
                    self._pages.clear()
                self._asked = self.store
                self._checkpoint, self._asked_at = found, self._clock()
            return self._checkpoint

    async def page(self, query: AnomalyChanges) -> list[Anomaly]:
        """The changes asked for, up to the checkpoint or before."""
        async with self._asking:
            page = self._pages.get(query)
            if page is None:
                page = self._pages[query] = await self._history.anomaly_changes(query)
                if len(self._pages) > _PAGES_KEPT:
                    self._pages.popitem(last=False)
            return page

    async def pause(self) -> None:
        """Return when it is worth asking again."""
        await asyncio.sleep(self._pause)
