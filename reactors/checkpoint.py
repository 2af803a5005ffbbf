"""The checkpoint of the reactors: the situation with its position, kept now and then. Losing it only costs reading."""

import asyncio
from collections.abc import Callable
from time import monotonic

import msgspec
import structlog

from adapters.snapshot import SnapshotFile, usable_checkpoint
from reactors.situation import SNAPSHOT_KIND, Situation
from schema.envelope import Cursor

_SECONDS = 300.0


class Checkpoint:
    """Without a file every start reads the log from its beginning."""

    def __init__(self, file: SnapshotFile | None, *, seconds: float = _SECONDS, clock: Callable[[], float] = monotonic) -> None:
        self._file = file
        self._seconds = seconds
        self._clock = clock
        self._saved_at = clock()

    async def restore(self, head: Cursor) -> Situation:
        """The situation to go on from."""
        saved = None if self._file is None else await asyncio.to_thread(self._file.load)
        position = None if saved is None else usable_checkpoint(SNAPSHOT_KIND, saved[0], head)
        if saved is None or position is None:
            return Situation()
        try:
            return Situation.restored(position, saved[1])
        except msgspec.DecodeError as error:
            structlog.get_logger().warning("snapshot_passed_over", projection=SNAPSHOT_KIND, reason=str(error))
            return Situation()

    @property
    def is_due(self) -> bool:
        return self._clock() - self._saved_at >= self._seconds

    async def save(self, situation: Situation, log_id: str) -> None:
        """Keep it, if it can be kept."""
        self._saved_at = self._clock()
        if self._file is None or situation.position is None:
            return
        try:
            await asyncio.to_thread(self._file.save, Cursor(log_id, situation.position), situation.records())
        except OSError as error:
            structlog.get_logger().warning("snapshot_not_written", projection=SNAPSHOT_KIND, reason=str(error))
