"""Messages on their way: how many may be open at once, and the counting of what became of each."""

from asyncio import Future
from collections import deque
from typing import Final

from glasshouse.importer.report import FileReport, ImportReport
from glasshouse.importer.rows import Item, Kind
from glasshouse.importer.sink import Sink
from ingest.messages import Outcome

OPEN: Final = 5_000
"""Messages sent of which the outcome is not known yet: more than a group commit."""
OPEN_BYTES: Final = 2 * 1024 * 1024
"""What they hold together, if it is more than one: less than a pipeline takes, or a connection that waits to publish."""


class Window:
    """Sends messages to a sink and settles their outcomes, in order."""

    def __init__(self, sink: Sink, report: ImportReport) -> None:
        self._sink = sink
        self._report = report
        self._open: deque[tuple[FileReport, Item, Future[Outcome]]] = deque()
        self._bytes = 0

    async def send(self, file: FileReport, topics: dict[Kind, str], items: list[Item]) -> None:
        """Send messages, each as soon as there is room for it."""
        for item in items:
            file.read(item)
            while self._open and (len(self._open) >= OPEN or self._bytes + len(item.payload) > OPEN_BYTES):
                await self._settle()
            self._open.append((file, item, self._sink.submit(topics[item.kind], item.payload)))
            self._bytes += len(item.payload)

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
        self._bytes -= len(item.payload)
        self._report.settle(file, item, await outcome)
