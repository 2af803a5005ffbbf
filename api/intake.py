"""What one request brings in: handed to ingest in batches, one read while the one before is made durable."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from api.errors import away_error
from api.ingestion import Batch, Fate, Ingest, May, Receipt
from schema.envelope import Cursor, Position

_ITEMS: Final = 128
_BYTES: Final = 262_144
"""A batch is this large, or this many items: decoding one keeps others waiting for some milliseconds."""
_encode = msgspec.json.Encoder().encode


class Intake:
    """`fates` are how many of the items ended how; `refusal` says why the first was refused of those that were."""

    def __init__(self, ingest: Ingest, may: May, *, seconds: float) -> None:
        self._ingest = ingest
        self._may = may
        self._seconds = seconds
        self._gathered: list[bytes] = []
        self._size = 0
        self._under_way: Batch | None = None
        self._told: list[bytes] = []
        self._position: int | None = None
        self.fates: Counter[Fate] = Counter()
        self.refusal: str | None = None

    @property
    def is_full(self) -> bool:
        """Whether a batch is gathered."""
        return len(self._gathered) >= _ITEMS or self._size >= _BYTES

    @property
    def gathered(self) -> int:
        """Items that were not handed over yet."""
        return len(self._gathered)

    @property
    def taken(self) -> int:
        """Items whose outcome is known, and durable."""
        return self.fates.total()

    def add(self, item: bytes) -> None:
        self._gathered.append(item)
        self._size += len(item)

    async def hand_over(self) -> None:
        """Submit what is gathered, and wait for what was before; ApiError where that does not become durable in time."""
        batch, before = self._gathered, self._under_way
        self._gathered, self._size = [], 0
        self._under_way = self._ingest.submit(batch, self._may) if batch else None
        if before is not None:
            await self._receive(before)

    async def finish(self) -> None:
        """Return once all is durable; ApiError as above."""
        await self.hand_over()
        await self.hand_over()

    def answer(self) -> bytes:
        """A receipt for each item, and the place in the log after all that was new; null where nothing was."""
        cursor = None if self._position is None else Cursor(self._ingest.log_id, Position(self._position)).encode()
        return b'{"results":[' + b",".join(self._told) + b'],"cursor":' + _encode(cursor) + b"}"

    async def _receive(self, batch: Batch) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                receipts = await batch.receipts()
        except TimeoutError:
            raise away_error(
                f"the event log did not take it within {self._seconds:g} s, so nothing is certain; send the same again"
            ) from None
        self._note(receipts)

    def _note(self, receipts: Sequence[Receipt]) -> None:
        self.fates.update(receipt.result for receipt in receipts)
        self._told.append(_encode(receipts)[1:-1])
        self._position = max((one.position for one in receipts if one.position is not None), default=self._position)
        if self.refusal is None:
            self.refusal = next((one.reason for one in receipts if one.result is Fate.REFUSED), None)
