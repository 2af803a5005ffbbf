"""A checkpoint: what was folded from the log with its position, kept now and then. Losing it only costs reading."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Generic, Protocol, TypeVar

import structlog

from adapters.snapshot import SnapshotFile, usable_checkpoint
from schema.envelope import Cursor, Position

_SECONDS = 300.0


class Folded(Protocol):
    """What holds up to a position, and how it is kept."""

    @property
    def position(self) -> Position | None: ...

    def records(self) -> list[bytes]: ...


F = TypeVar("F", bound=Folded)


class Checkpoint(Generic[F]):
    """Without a file every start reads the log from its beginning. `restored` raises ValueError for what it cannot read."""

    def __init__(
        self,
        name: str,
        file: SnapshotFile | None,
        restored: Callable[[Position, Sequence[bytes]], F],
        *,
        seconds: float = _SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._name = name
        self._file = file
        self._restored = restored
        self._seconds = seconds
        self._clock = clock
        self._saved_at = clock()

    async def restore(self, head: Cursor) -> F | None:
        """What to go on from; None where there is nothing to be believed."""
        saved = None if self._file is None else await asyncio.to_thread(self._file.load)
        position = None if saved is None else usable_checkpoint(self._name, saved[0], head)
        if saved is None or position is None:
            return None
        try:
            return self._restored(position, saved[1])
        except ValueError as error:
            structlog.get_logger().warning("snapshot_passed_over", projection=self._name, reason=str(error))
            return None

    @property
    def is_due(self) -> bool:
        return self._clock() - self._saved_at >= self._seconds

    async def save(self, folded: F, log_id: str) -> None:
        """Keep it, if it can be kept."""
        self._saved_at = self._clock()
        if self._file is None or folded.position is None:
            return
        try:
            await asyncio.to_thread(self._file.save, Cursor(log_id, folded.position), folded.records())
        except OSError as error:
            structlog.get_logger().warning("snapshot_not_written", projection=self._name, reason=str(error))
