"""What people decided about readings, devices and sites, in memory: few events in a long log, so it is kept beside it.

Process history: of each stream, what its last revision came to.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final

import msgspec
import structlog

from adapters.snapshot import SnapshotFile, usable_checkpoint
from domain.corrections import Correction
from domain.placements import Placements
from domain.replacements import Segment, SensorKey
from projections.decision_state import DecisionState
from projections.feed_queries import FeedPage
from projections.opening import require_readable
from schema.envelope import Cursor, Filter, Position

SNAPSHOT_KIND: Final = "decisions"
SNAPSHOT_VERSION: Final = 1
"""To be raised whenever what is kept holds other fields, or the same events come to something else."""
_SAVE_SECONDS: Final = 10.0
"""How much of the log a process that was killed has to look through again, at most, in time."""


class Decisions:
    """Implements `ReadModel` and `DecisionQueries`."""

    name = "decisions"
    only = Filter(categories=frozenset({"control", "site"}))

    def __init__(self, snapshot: SnapshotFile | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.position: Position | None = None
        self._snapshot = snapshot
        self._clock = clock
        self._state = DecisionState()
        self._log_id: str | None = None
        self._saved: Position | None = None
        self._saved_at = clock()

    async def start(self, head: Cursor) -> Position | None:
        self._log_id = head.log_id
        self._state, self.position = await self._restore(head)
        self._saved = self.position
        return self.position

    async def apply(self, page: FeedPage) -> None:
        require_readable(page)
        for fed in page.events:
            self._state.take(fed)
        self.position = page.position
        if self._clock() - self._saved_at >= _SAVE_SECONDS:
            await self._save()

    async def close(self) -> None:
        await self._save()

    @property
    def version(self) -> int:
        return self._state.version

    def standing(self, device_id: str) -> Sequence[Correction]:
        return self._state.standing(device_id)

    def corrections(self, device_id: str, sensor: str, metric: str) -> Sequence[Correction]:
        return self._state.corrections(device_id, sensor, metric)

    def placements(self, device_id: str) -> Placements:
        return self._state.placements(device_id)

    def segments(self, sensor: SensorKey) -> Sequence[Segment]:
        return self._state.segments(sensor)

    def time_zone(self, site_id: str) -> str:
        return self._state.time_zone(site_id)

    def content_hash(self) -> str:
        """Hex digest, equal where the same log was read."""
        hasher = blake2b(digest_size=16)
        for record in self._state.encode():
            hasher.update(record)
        return hasher.hexdigest()

    async def _restore(self, head: Cursor) -> tuple[DecisionState, Position | None]:
        saved = None if self._snapshot is None else await asyncio.to_thread(self._snapshot.load)
        position = None if saved is None else usable_checkpoint(self.name, saved[0], head)
        if saved is None or position is None:
            return DecisionState(), None
        try:
            return DecisionState.decoded(saved[1]), position
        except msgspec.DecodeError as error:
            structlog.get_logger().warning("snapshot_passed_over", projection=self.name, reason=str(error))
            return DecisionState(), None

    async def _save(self) -> None:
        if self._snapshot is None or self._log_id is None or self.position == self._saved:
            return
        records = self._state.encode()
        try:
            await asyncio.to_thread(self._snapshot.save, Cursor(self._log_id, self.position), records)
        except OSError as error:
            structlog.get_logger().warning("snapshot_not_written", projection=self.name, reason=str(error))
        self._saved, self._saved_at = self.position, self._clock()
