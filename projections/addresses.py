"""The devices that speak another dialect than ours, and where: what an ingest must know to hear them.

Process history: of each device, what was said of it last.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from adapters.snapshot import SnapshotFile, usable_checkpoint
from domain.foreign import ForeignDevice, foreign_device
from projections.feed_queries import FeedPage
from projections.opening import require_readable
from schema.envelope import Cursor, Filter, Position
from schema.events import DeviceMetadata

SNAPSHOT_KIND: Final = "addresses"
SNAPSHOT_VERSION: Final = 1
"""To be raised whenever what is kept holds other fields, or the same events come to something else."""
_SAVE_SECONDS: Final = 10.0
"""How much of the log a process that was killed has to look through again, at most, in time."""
_Devices = dict[str, ForeignDevice]


class Addresses:
    """Implements `ReadModel`."""

    name = "addresses"
    only = Filter(categories=frozenset({"control"}), types=frozenset({"DeviceMetadata"}))

    def __init__(self, snapshot: SnapshotFile | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.position: Position | None = None
        self._snapshot = snapshot
        self._clock = clock
        self._devices: _Devices = {}
        self._changed = asyncio.Event()
        self._log_id: str | None = None
        self._saved: Position | None = None
        self._saved_at = clock()

    async def start(self, head: Cursor) -> Position | None:
        self._log_id = head.log_id
        self._devices, self.position = await self._restore(head)
        self._saved = self.position
        self._changed.set()
        return self.position

    async def apply(self, page: FeedPage) -> None:
        require_readable(page)
        for fed in page.events:
            if isinstance(fed.event, DeviceMetadata):
                self._take(fed.event)
        self.position = page.position
        if page.events or self._clock() - self._saved_at >= _SAVE_SECONDS:
            await self._save()

    async def close(self) -> None:
        await self._save()

    def devices(self) -> list[ForeignDevice]:
        """All of them, in the order of their ids."""
        return [self._devices[device_id] for device_id in sorted(self._devices)]

    async def changed(self) -> None:
        """Return once they may be others than when this last returned. For one who waits."""
        await self._changed.wait()
        self._changed.clear()

    def _take(self, metadata: DeviceMetadata) -> None:
        device = foreign_device(metadata)
        if device == self._devices.get(metadata.device_id):
            return
        if device is None:
            del self._devices[metadata.device_id]
        else:
            self._devices[device.device_id] = device
        self._changed.set()

    async def _restore(self, head: Cursor) -> tuple[_Devices, Position | None]:
        saved = None if self._snapshot is None else await asyncio.to_thread(self._snapshot.load)
        position = None if saved is None else usable_checkpoint(self.name, saved[0], head)
        if saved is None or position is None:
            return {}, None
        try:
            kept = [msgspec.json.decode(record, type=ForeignDevice) for record in saved[1]]
        except msgspec.DecodeError as error:
            structlog.get_logger().warning("snapshot_passed_over", projection=self.name, reason=str(error))
            return {}, None
        return {device.device_id: device for device in kept}, position

    async def _save(self) -> None:
        if self._snapshot is None or self._log_id is None or self.position == self._saved:
            return
        records = [msgspec.json.encode(device) for device in self.devices()]
        try:
            await asyncio.to_thread(self._snapshot.save, Cursor(self._log_id, self.position), records)
        except OSError as error:
            structlog.get_logger().warning("snapshot_not_written", projection=self.name, reason=str(error))
        self._saved, self._saved_at = self.position, self._clock()
