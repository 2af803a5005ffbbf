"""Messages on their way: how many may be open at once, and the counting of what became of each."""

from asyncio import Future
from collections import deque
from typing import Final

from glasshouse.importer.report import FileReport, ImportReport
from glasshouse.importer.rows import Item, Kind
from glasshouse.importer.sink import Sink
from ingest.messages import Outcome

OPEN: Final = 5_000
"""Messages sent of which the outcome is not known yet: more than a group commit, and some megabytes at most."""


class Window:
    """Sends messages to a sink and settles their outcomes, in order."""

    def __init__(self, sink: Sink, report: ImportReport, size: int = OPEN) -> None:
        self._sink = sink
        self._report = report
        self._size = size
        self._open: deque[tuple[FileReport, Item, Future[Outcome]]] = deque()

    async def send(self, file: FileReport, topics: dict[Kind, str], items: list[Item]) -> None:
        """Send messages; returns when no more than the window's size are open."""
        for item in items:
            file.read(item)
            self._open.append((file, item, self._sink.submit(topics[item.kind], item.payload)))
            while len(self._open) > self._size:
                await self._settle()

    async def drain(self) -> None:
        """Wait for all that is open."""
        while self._open:
            await self._settle()

    def abandon(self) -> None:
        """Wait for nothing more: the import ends here. What the sink still does with it, nobody will ask."""
        for _, _, outcome in self._open:
            if not outcome.cancel() and not outcome.cancelled():
                outcome.exception()
        self._open.clear()

    async def _settle(self) -> None:
        file, item, outcome = self._open.popleft()
        self._report.settle(file, item, await outcome)
