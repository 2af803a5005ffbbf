"""The raw history: each metric of each reading becomes a row of the history store.

A fact model: rows are keyed by event id and metric, so any order and duplication of the events gives the same history.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from adapters.history.port import History, HistoryRow, HistoryUnavailableError
from projections.opening import require_readable
from projections.queries import FeedEvent, FeedPage
from projections.read_model import TryAgainError, usable_checkpoint
from schema.envelope import Cursor, Filter, Position
from schema.events import SensorReading
from schema.times import to_micros


class WritePolicy(msgspec.Struct, frozen=True):
    """How rows are gathered: many a write while catching up; when live, a write so many seconds after the one before.

    A checkpoint that moves without rows is written rarely: it only saves reading over what did not match.
    """

    rows: int = 50_000
    pause_seconds: float = 0.1
    bare_checkpoint_seconds: float = 60.0


_POLICY: Final = WritePolicy()


class RawHistory:
    """Implements `ReadModel`. The checkpoint is stored with the rows, so a kill between the two is not possible."""

    name = "history"
    only = Filter(categories=frozenset({"device"}), types=frozenset({"SensorReading"}))

    def __init__(
        self, history: History, *, policy: WritePolicy = _POLICY, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.position: Position | None = None
        self._history = history
        self._policy = policy
        self._clock = clock
        self._rows: list[HistoryRow] = []
        self._log_id = ""
        self._written_at = clock()

    async def start(self, head: Cursor) -> Position | None:
        self._rows.clear()
        self._log_id = head.log_id
        checkpoint = await self._history.checkpoint()
        self.position = usable_checkpoint(self.name, checkpoint, head)
        if self.position is None and checkpoint is not None:
            await self._history.reset()
        return self.position

    async def apply(self, page: FeedPage) -> None:
        require_readable(page)
        for fed in page.events:
            self._rows.extend(_rows_of(fed))
        if len(self._rows) >= self._policy.rows:
            await self._write(page.position)
        elif page.caught_up and self._rows:
            await self._gather()
            await self._write(page.position)
        elif not self._rows:
            await self._pass_over(page.position)

    async def close(self) -> None:
        """What is not written yet is read again at the next start."""

    async def _gather(self) -> None:
        """While it waits, the feed holds what arrives, and it comes with the next write."""
        pause = self._policy.pause_seconds - (self._clock() - self._written_at)
        if pause > 0:
            await asyncio.sleep(pause)

    async def _pass_over(self, position: Position | None) -> None:
        if position is not None and self._clock() - self._written_at >= self._policy.bare_checkpoint_seconds:
            await self._write(position)
        self.position = position

    async def _write(self, position: Position | None) -> None:
        try:
            await self._history.write(self._rows, Cursor(self._log_id, position))
        except HistoryUnavailableError as error:
            raise TryAgainError(str(error)) from error
        self._rows = []
        self.position = position
        self._written_at = self._clock()


def _rows_of(fed: FeedEvent) -> Iterator[HistoryRow]:
    event, recorded = fed.event, fed.recorded
    if not isinstance(event, SensorReading):
        return
    timestamp_us = to_micros(event.timestamp)
    for metric, value in event.reading.items():
        yield HistoryRow(
            event.device_id,
            event.sensor_id,
            metric,
            timestamp_us,
            value,
            event.units.get(metric),
            event.quality_of(metric),
            recorded.id,
            recorded.recorded_us,
            recorded.revision,
            recorded.position,
        )
