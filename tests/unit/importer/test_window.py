"""How much of an import is on its way at once: bounded in messages and in bytes, whatever stands in the cells."""

import asyncio
from asyncio import Future

import pytest

from glasshouse.importer.report import FileReport, ImportReport
from glasshouse.importer.rows import Item, Kind
from glasshouse.importer.window import OPEN, OPEN_BYTES, Window
from ingest.messages import Outcome, Result

STORED = Outcome(Result.STORED, [])


class SlowSink:
    """Answers when the loop turns, and remembers how much was open at the most."""

    def __init__(self) -> None:
        self._open: list[int] = []
        self.most_messages = self.most_bytes = 0

    def submit(self, _topic: str, payload: bytes) -> Future[Outcome]:
        self._open.append(len(payload))
        self.most_messages = max(self.most_messages, len(self._open))
        self.most_bytes = max(self.most_bytes, sum(self._open))
        outcome: Future[Outcome] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(self._answer, outcome)
        return outcome

    def _answer(self, outcome: Future[Outcome]) -> None:
        self._open.pop(0)
        outcome.set_result(STORED)


async def send(count: int, size: int) -> tuple[SlowSink, FileReport]:
    sink, file = SlowSink(), FileReport("box.csv", "box")
    window = Window(sink, ImportReport())
    await window.send(file, {Kind.READING: "t"}, [Item(Kind.READING, "air", line, bytes(size)) for line in range(count)])
    await window.drain()
    return sink, file


@pytest.mark.parametrize(
    ("count", "size", "messages"),
    [(2 * OPEN, 10, OPEN), (100, OPEN_BYTES // 10, 10), (5, OPEN_BYTES // 2 + 1, 1), (3, 2 * OPEN_BYTES, 1)],
)
async def test_only_so_much_is_open_and_in_the_end_all_is_settled(count: int, size: int, messages: int) -> None:
    sink, file = await send(count, size)
    assert sink.most_messages == messages
    assert sink.most_bytes <= max(OPEN_BYTES, size)
    assert file.readings.stored == count
