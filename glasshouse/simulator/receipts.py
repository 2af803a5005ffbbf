"""Receipts: matched to the lines of the ledger by response topic and correlation data."""

import asyncio
from typing import Final

import msgspec
import structlog

from glasshouse.simulator.ledger import Entry, Ledger
from glasshouse.simulator.message import Message
from glasshouse.simulator.options import SimulationReport

MAX_AWAITED: Final = 200_000
"""Receipts that are awaited at most; the oldest are given up, and stay unreceipted in the ledger."""


class Receipt(msgspec.Struct, rename="camel"):
    """What ingest says became of a message."""

    result: str
    event_ids: list[str] = []


class Receipts:
    """Awaits a receipt for every copy of every message, and notes them."""

    def __init__(self, ledger: Ledger, report: SimulationReport) -> None:
        self._ledger = ledger
        self._report = report
        self._decoder = msgspec.json.Decoder(Receipt)
        self._awaited: dict[tuple[str, bytes], tuple[Entry, int]] = {}
        self._all_here = asyncio.Event()

    def expect(self, response_topic: str, message: Message, entry: Entry) -> None:
        """A message is about to be sent."""
        self._awaited[response_topic, message.correlation] = (entry, message.copies)
        self._all_here.clear()
        if len(self._awaited) > MAX_AWAITED:
            del self._awaited[next(iter(self._awaited))]

    def receive(self, topic: str, correlation: bytes | None, payload: bytes, now_ms: int) -> None:
        """A receipt came in; one for a message of another run is not ours to note."""
        awaited = self._awaited.pop((topic, correlation or b""), None)
        if awaited is None:
            return
        entry, copies = awaited
        try:
            receipt = self._decoder.decode(payload)
        except msgspec.MsgspecError:
            structlog.get_logger().warning("receipt_not_readable", topic=topic)
            return
        self._note(entry, receipt, now_ms)
        if copies > 1:
            self._awaited[topic, correlation or b""] = (entry, copies - 1)
        elif not self._awaited:
            self._all_here.set()

    async def all_here(self) -> None:
        """Return once no receipt is awaited."""
        if self._awaited:
            await self._all_here.wait()

    def _note(self, entry: Entry, receipt: Receipt, now_ms: int) -> None:
        line = entry.line
        if line.receipted is None:
            line.receipted, line.result = now_ms, receipt.result
            self._report.receipted += 1
            self._report.dead_letters += receipt.result == "deadLetter"
        if receipt.result == "duplicate":
            line.duplicates += 1
            self._report.duplicates += 1
        if receipt.event_ids and (line.event_id is None or line.result == "deadLetter"):
            line.event_id = receipt.event_ids[0]
        self._ledger.changed(entry)
