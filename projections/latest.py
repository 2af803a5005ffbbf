"""The latest state: what every device, sensor and actuator last said, in memory, with a snapshot for a fast start.

A fact model: the same set of events gives the same state in any order and however often each is there. Two parts are process
history: what people decided (the last revision of a stream holds; corrections are applied when a reading is shown), and what
only the log knows (when it recorded an event, as which revision), which is shown but is no part of the content hash.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from adapters.snapshot import SnapshotFile, usable_checkpoint
from projections.feed_queries import FeedPage
from projections.house_state import HouseState, Known
from projections.latest_queries import DeviceView, SiteView
from projections.opening import require_readable
from schema.envelope import Cursor, Filter, Position

SNAPSHOT_KIND: Final = "latest"
SNAPSHOT_VERSION: Final = 5
"""To be raised whenever the state holds other fields, or the same events lead to another state."""
_RECORDS_AT_ONCE: Final = 250
"""How many devices are encoded before other tasks have their turn."""


class SnapshotPolicy(msgspec.Struct, frozen=True):
    """When a snapshot is written besides at the end: after so many events, or so long after the one before."""

    events: int = 500_000
    seconds: float = 300.0


class LatestState:
    """Implements `ReadModel` and `LatestQueries`."""

    name = "latest"
    only = Filter(categories=frozenset({"device", "control", "site"}))

    def __init__(
        self,
        snapshot: SnapshotFile | None = None,
        *,
        policy: SnapshotPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.position: Position | None = None
        self._snapshot = snapshot
        self._policy = policy or SnapshotPolicy()
        self._clock = clock
        self._state = HouseState()
        self._log_id: str | None = None
        self._unsaved = 0
        self._saved_at = clock()

    async def start(self, head: Cursor) -> Position | None:
        self._log_id = head.log_id
        self._state, self.position = await self._restore(head)
        self._unsaved = 0
        return self.position

    async def apply(self, page: FeedPage) -> None:
        require_readable(page)
        take = self._state.take
        for fed in page.events:
            take(fed)
        self.position = page.position
        self._unsaved += len(page.events)
        if self._is_due():
            await self._save()

    async def close(self) -> None:
        await self._save()

    def device(self, device_id: str) -> DeviceView | None:
        return self._state.device(device_id)

    def known(self, device_id: str) -> Known | None:
        """What views of a device are made of, for who looks into its past."""
        return self._state.known(device_id)

    def devices(
        self,
        *,
        first: int,
        after: str | None = None,
        before: str | None = None,
        backwards: bool = False,
        location: str | None = None,
    ) -> list[DeviceView]:
        return self._state.devices(first=first, after=after, before=before, backwards=backwards, location=location)

    def site(self, site_id: str) -> SiteView | None:
        return self._state.site(site_id)

    def sites(self) -> list[SiteView]:
        return self._state.sites()

    def content_hash(self) -> str:
        """Hex digest of the content: equal for the same set of events."""
        return self._state.content_hash()

    async def _restore(self, head: Cursor) -> tuple[HouseState, Position | None]:
        saved = None if self._snapshot is None else await asyncio.to_thread(self._snapshot.load)
        if saved is None:
            return HouseState(), None
        cursor, records = saved
        position = usable_checkpoint(self.name, cursor, head)
        if position is None:
            return HouseState(), None
        try:
            return HouseState.restored(records), position
        except msgspec.DecodeError as error:
            structlog.get_logger().warning("snapshot_passed_over", projection=self.name, reason=str(error))
            return HouseState(), None

    def _is_due(self) -> bool:
        late = self._clock() - self._saved_at >= self._policy.seconds
        return self._unsaved > 0 and (late or self._unsaved >= self._policy.events)

    async def _save(self) -> None:
        if self._snapshot is None or self._log_id is None or self._unsaved == 0:
            return
        cursor = Cursor(self._log_id, self.position)
        try:
            await asyncio.to_thread(self._snapshot.save, cursor, await self._records())
        except OSError as error:
            structlog.get_logger().warning("snapshot_not_written", projection=self.name, reason=str(error))
        self._unsaved, self._saved_at = 0, self._clock()

    async def _records(self) -> list[bytes]:
        """The state encoded, a part at a time. Nothing changes it meanwhile: pages are applied one after the other."""
        records = []
        for number, record in enumerate(self._state.records()):
            records.append(record)
            if number % _RECORDS_AT_ONCE == 0:
                await asyncio.sleep(0)
        return records
