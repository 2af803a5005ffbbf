"""A checkpoint: what was folded from the log with its position, kept now and then. Losing it only costs reading."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Final, Generic, Protocol, TypeVar

import msgspec
import structlog

from adapters.snapshot import SnapshotFile, usable_checkpoint
from schema.envelope import Cursor, Position

SAVE_SECONDS: Final = 300.0


class Folded(Protocol):
    """What holds up to a position, and how it is kept."""

    @property
    def position(self) -> Position | None: ...

    def records(self) -> Iterable[bytes]:
        """Parts of it, each small enough to be made in one go."""
        ...


class Taken(msgspec.Struct, frozen=True):
    """All that was folded up to a position."""

    position: Position
    records: Sequence[bytes]


F = TypeVar("F", bound=Folded)


class Checkpoint(Generic[F]):
    """Without a file every start reads the log from its beginning. `restored` raises ValueError for what it cannot read."""

    def __init__(
        self,
        name: str,
        file: SnapshotFile | None,
        restored: Callable[[Position, Sequence[bytes]], F],
        *,
        seconds: float = SAVE_SECONDS,
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
            return await asyncio.to_thread(self._restored, position, saved[1])
        except ValueError as error:
            structlog.get_logger().warning("snapshot_passed_over", projection=self._name, reason=str(error))
            return None

    @property
    def is_due(self) -> bool:
        return self._clock() - self._saved_at >= self._seconds

    async def save(self, folded: F, log_id: str) -> None:
        """Keep it as it is at the call, if it can be kept. Its records must hold what changes meanwhile as it was."""
        self._saved_at = self._clock()
        if self._file is not None and (position := folded.position) is not None:
            records = folded.records()
            await self.keep(Taken(position, await asyncio.to_thread(list, records)), log_id)

    async def take(self, folded: F) -> Taken | None:
        """The same in two steps, for what is large: off the event loop, part by part. Nothing may change it meanwhile."""
        self._saved_at = self._clock()
        if self._file is None or folded.position is None:
            return None
        return Taken(folded.position, await asyncio.to_thread(list, folded.records()))

    async def keep(self, taken: Taken, log_id: str) -> None:
        """Put it into the file."""
        try:
            if self._file is not None:
                await asyncio.to_thread(self._file.save, Cursor(log_id, taken.position), taken.records)
        except OSError as error:
            structlog.get_logger().warning("snapshot_not_written", projection=self._name, reason=str(error))
