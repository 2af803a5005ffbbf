"""Receipts find their line, and say what became of the message."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from glasshouse.simulator.faults import Fault
from glasshouse.simulator.ledger import Entry, Ledger, Line, read_ledger
from glasshouse.simulator.message import Message
from glasshouse.simulator.options import SimulationReport
from glasshouse.simulator.receipts import Receipts

TOPIC = "glasshouse/s/d/receipt"
OURS, THEIRS = "00000000-0000-8000-8000-000000000001", "00000000-0000-8000-8000-000000000002"


class Desk:
    """One message whose receipts come in."""

    def __init__(self, path: Path, fault: Fault | None = None, event_id: str | None = OURS) -> None:
        self.path = path
        self.report = SimulationReport()
        self.ledger = Ledger(path)
        self.receipts = Receipts(self.ledger, self.report)
        self.message = Message(
            device="d", sequence=7, topic="t", payload=b"", kind="reading", correlation=b"r-7", fault=fault, event_id=event_id
        )
        self.entry: Entry

    async def expect(self) -> "Desk":
        (self.entry,) = await self.ledger.begin([self.message.line(1)])
        self.receipts.expect(TOPIC, self.message, self.entry)
        return self

    def answer(self, result: str, *ids: str, correlation: bytes = b"r-7", topic: str = TOPIC, at: int = 5) -> None:
        payload: Any = {"result": result, "eventIds": ids, "position": 1}
        self.receipts.receive(topic, correlation, msgspec.json.encode(payload), at)

    async def line(self) -> Line:
        await self.ledger.close()
        return next(read_ledger(self.path))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


async def test_a_receipt_is_written_into_the_line_of_its_message(path: Path) -> None:
    desk = await Desk(path).expect()
    desk.answer("stored", OURS)
    assert desk.report.receipted == 1
    line = await desk.line()
    assert (line.receipted, line.result, line.event_id) == (5, "stored", OURS)


async def test_a_message_without_an_id_of_its_own_takes_the_id_of_the_receipt(path: Path) -> None:
    desk = await Desk(path, event_id=None).expect()
    desk.answer("stored", THEIRS)
    assert (await desk.line()).event_id == THEIRS


async def test_a_receipt_cannot_change_the_id_that_the_device_gave(path: Path) -> None:
    desk = await Desk(path).expect()
    desk.answer("stored", THEIRS)
    assert (await desk.line()).event_id == OURS


async def test_a_dead_letter_is_known_by_the_id_of_its_receipt(path: Path) -> None:
    desk = await Desk(path).expect()
    desk.answer("deadLetter", THEIRS)
    assert desk.report.dead_letters == 1
    line = await desk.line()
    assert (line.result, line.event_id) == ("deadLetter", THEIRS)


async def test_the_second_copy_of_a_doubled_message_counts_as_a_duplicate_received(path: Path) -> None:
    desk = await Desk(path, fault=Fault.DOUBLED).expect()
    desk.answer("stored", OURS, at=5)
    desk.answer("duplicate", OURS, at=9)
    await desk.receipts.all_here()
    assert (desk.report.receipted, desk.report.duplicates) == (1, 1)
    line = await desk.line()
    assert (line.receipted, line.result, line.duplicates) == (5, "stored", 1)


@pytest.mark.parametrize("stray", [{"correlation": b"other-7"}, {"topic": "glasshouse/s/e/receipt"}])
async def test_a_receipt_of_another_run_or_device_changes_nothing(path: Path, stray: dict[str, Any]) -> None:
    desk = await Desk(path).expect()
    desk.answer("stored", OURS, **stray)
    assert desk.report.receipted == 0
    assert (await desk.line()).receipted is None


async def test_a_receipt_that_cannot_be_read_is_none(path: Path) -> None:
    desk = await Desk(path).expect()
    desk.receipts.receive(TOPIC, b"r-7", b"{", 5)
    assert (await desk.line()).receipted is None


async def test_what_is_awaited_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasshouse.simulator.receipts.MAX_AWAITED", 1)
    desk = await Desk(path).expect()
    later = msgspec.structs.replace(desk.message, correlation=b"r-8")
    desk.receipts.expect(TOPIC, later, desk.entry)
    desk.answer("stored", OURS)
    assert desk.report.receipted == 0
    desk.answer("stored", OURS, correlation=b"r-8")
    assert desk.report.receipted == 1
    await desk.ledger.close()
