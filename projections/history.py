"""The raw history: each metric of each reading becomes a row of the history store.

A fact model: rows are keyed by event id and metric, so any order and duplication of the events gives the same history.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from adapters.history.port import History, HistoryRow, HistoryUnavailableError
from projections.batching import Batcher, BatchPolicy
from projections.opening import require_readable
from projections.queries import FeedPage
from projections.read_model import TryAgainError, usable_checkpoint
from schema.envelope import Cursor, Filter, Position, RecordedEvent
from schema.events import SensorReading
from schema.times import to_micros


async def _whenever_it_likes() -> None:
    """Nobody else fills this history."""


class RawHistory:
    """Implements `ReadModel`. The checkpoint is stored with the rows, so nothing can come between the two.

    `may_write` returns while this process is the one to fill the history.
    """

    name = "history"
    only = Filter(categories=frozenset({"device"}), types=frozenset({"SensorReading"}))

    def __init__(
        self,
        history: History,
        policy: BatchPolicy | None = None,
        *,
        may_write: Callable[[], Awaitable[None]] = _whenever_it_likes,
    ) -> None:
        self._history = history
        self._may_write = may_write
        self._batch = Batcher(self._write, policy)

    @property
    def position(self) -> Position | None:
        return self._batch.position

    async def start(self, head: Cursor) -> Position | None:
        with _away_for_now():
            checkpoint = await self._history.checkpoint()
            position = usable_checkpoint(self.name, checkpoint, head)
            if position is None and checkpoint is not None:
                await self._history.reset()
        await self._batch.start(head.log_id, position)
        return position

    async def apply(self, page: FeedPage) -> None:
        require_readable(page)
        await self._may_write()
        await self._batch.add(_rows_of(page), page)

    async def close(self) -> None:
        """What is not written yet is read again at the next start."""
        await self._batch.close()

    async def _write(self, rows: Sequence[HistoryRow], checkpoint: Cursor) -> None:
        with _away_for_now():
            await self._history.write(rows, checkpoint)


@contextmanager
def _away_for_now() -> Iterator[None]:
    try:
        yield
    except HistoryUnavailableError as error:
        raise TryAgainError(str(error)) from error


def _rows_of(page: FeedPage) -> list[HistoryRow]:
    rows: list[HistoryRow] = []
    for fed in page.events:
        if isinstance(fed.event, SensorReading):
            _add_rows(rows, fed.recorded, fed.event)
    return rows


def _add_rows(rows: list[HistoryRow], recorded: RecordedEvent, event: SensorReading) -> None:
    timestamp_us = to_micros(event.timestamp)
    for metric, value in event.reading.items():
        rows.append(
            HistoryRow(
                event.device_id,
                event.sensor_id,
                metric,
                timestamp_us,
                value,
                event.units.get(metric),
                event.quality,
                recorded.id,
                recorded.recorded_us,
                recorded.revision,
                recorded.position,
            )
        )
