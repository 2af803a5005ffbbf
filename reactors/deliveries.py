"""Sends what the log says is to be sent, and tells the log what became of it.

A request is in the log before it is sent, and its outcome after: what a crash parts is sent again, under the same id.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from copy import copy
from functools import partial
from typing import Final

import msgspec
import structlog

from adapters.event_log.iterating import closing
from adapters.event_log.port import Append, Appended, EventLog, LogUnavailableError, Page
from adapters.notify.port import Target
from adapters.snapshot import SnapshotFile
from reactors.checkpoint import Checkpoint
from reactors.clock import Clock
from reactors.following import Follow, Follower
from reactors.lane import Lane, Pending
from reactors.notification_metrics import NotificationMetrics
from schema.envelope import Filter, Metadata, NewEvent, Position, RecordedEvent
from schema.ids import content_event_id
from schema.notifications import (
    NotificationFailed,
    NotificationGivenUp,
    NotificationRequested,
    NotificationSent,
    NotificationStep,
)
from schema.registry import REGISTRY

SNAPSHOT_KIND: Final = "deliveries"
SNAPSHOT_VERSION: Final = 2
"""To be raised whenever the state holds other fields, or the same events lead to another one."""
ONLY: Final = Filter(categories=frozenset({"notification"}))


class DeliveryState(msgspec.Struct):
    """Requests without an outcome, up to `position`."""

    position: Position | None = None
    pending: dict[str, Pending] = {}

    def take(self, recorded: RecordedEvent) -> None:
        event = REGISTRY.unpack(recorded)
        match event:
            case NotificationRequested():
                self.pending[event.notification_id] = Pending(event, recorded.revision)
            case NotificationSent() | NotificationGivenUp():
                self.pending.pop(event.notification_id, None)
            case NotificationFailed():
                self._fail(event, recorded.revision)

    def _fail(self, event: NotificationFailed, revision: int) -> None:
        """What is known already, since it was written here, is passed over."""
        pending = self.pending.get(event.notification_id)
        if pending is not None and pending.revision < revision:
            pending.revision, pending.attempts, pending.retry_at = revision, event.attempts, event.retry_at

    def records(self) -> Iterator[bytes]:
        """As they are at the call; what is written down later has not changed since."""
        return map(msgspec.json.encode, [copy(pending) for pending in self.pending.values()])

    @classmethod
    def restored(cls, position: Position, records: Sequence[bytes]) -> "DeliveryState":
        """What `records` gave; ValueError for anything else."""
        each = [msgspec.json.decode(record, type=Pending) for record in records]
        return cls(position, {pending.request.notification_id: pending for pending in each})


class Deliveries:
    """One at a time on a log: `standing` returns while the process may act."""

    def __init__(
        self,
        log: EventLog,
        targets: Mapping[str, Target],
        file: SnapshotFile | None,
        *,
        clock: Clock,
        metrics: NotificationMetrics,
        standing: Callable[[], Awaitable[None]],
        follow: Follow | None = None,
        page: str | None = None,
    ) -> None:
        self._log = log
        self._targets = targets
        self._checkpoint = Checkpoint(SNAPSHOT_KIND, file, DeliveryState.restored)
        self._clock = clock
        self._metrics = metrics
        self._standing = standing
        self._follower = Follower(log, "deliveries", clock, follow)
        self._page = page
        self._state = DeliveryState()
        self._lanes: dict[str, Lane] = {}
        self._handed: set[str] = set()
        self._error: str | None = None

    async def run(self) -> None:
        """Until cancelled. What it cannot go on from halts it, and is shown."""
        try:
            self._state = await self._checkpoint.restore(await self._follower.head()) or DeliveryState()
            async with asyncio.TaskGroup() as tasks:
                await self._follow(tasks)
        except* Exception as errors:  # noqa: BLE001  # whatever it is, it is shown, and stops nobody else
            self._error = str(errors.exceptions[0]) or type(errors.exceptions[0]).__name__
            structlog.get_logger().error("deliveries_halted", exc_info=errors.exceptions[0])
        finally:
            await self._checkpoint.save(self._state, self._log.log_id)
            for target in self._targets.values():
                await target.close()

    def complaint(self) -> str | None:
        """What is not as it should be, in plain words: which targets fail."""
        if self._error is not None:
            return f"notifications are not sent: {self._error}"
        return "; ".join(filter(None, (lane.complaint() for lane in self._lanes.values()))) or None

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        await self._standing()
        following = self._follower.pages(lambda: self._state.position, ONLY, lambda: None)
        async with closing(following) as pages:
            async for page in pages:
                self._take(page)
                if page.caught_up:
                    self._hand_out(tasks)
                if self._checkpoint.is_due:
                    await self._checkpoint.save(self._state, self._log.log_id)

    def _take(self, page: Page) -> None:
        before = set(self._handed)
        for recorded in page.events:
            if recorded.category in ONLY.categories:
                self._state.take(recorded)
        self._state.position = page.position
        self._handed &= self._state.pending.keys()
        for ended in before - self._handed:
            for lane in self._lanes.values():
                lane.drop(ended)

    def _hand_out(self, tasks: asyncio.TaskGroup) -> None:
        """To the lanes, once all is read: before, what was sent long ago seems to wait."""
        for name in self._state.pending.keys() - self._handed:
            pending = self._state.pending[name]
            self._lane(pending.request.target, tasks).add(pending)
            self._handed.add(name)

    def _lane(self, name: str, tasks: asyncio.TaskGroup) -> Lane:
        if name not in self._lanes:
            lane = Lane(name, self._targets.get(name), clock=self._clock, page=self._page, outcome=self._record)
            self._lanes[name] = lane
            self._metrics.watch(name, partial(len, lane))
            tasks.create_task(lane.run(self._standing), name=f"notify-{name}")
        return self._lanes[name]

    async def _record(self, pending: Pending, step: NotificationStep) -> None:
        append = Append(f"notification-{step.notification_id}", pending.revision, [_packed(pending.request, step)])
        while True:
            try:
                [result] = await self._log.append([append])
                break
            except LogUnavailableError as error:
                await self._follower.pause(error)
        if isinstance(result, Appended):
            pending.revision = result.revision
            self._count(pending.request.target, step)

    def _count(self, target: str, step: NotificationStep) -> None:
        match step:
            case NotificationSent():
                self._metrics.sent(target)
            case NotificationFailed():
                self._metrics.failed(target)
            case NotificationGivenUp():
                self._metrics.given_up(target)


def _packed(request: NotificationRequested, step: NotificationStep) -> NewEvent:
    metadata = Metadata(
        schema_version=REGISTRY.version_of(step),
        source="reactor",
        received_at=step.timestamp,
        correlation_id=request.alert_id,
        causation_id=request.notification_id,
    )
    parts = (step.notification_id, REGISTRY.name_of(step), msgspec.json.encode(step))
    return REGISTRY.pack(content_event_id(None, "delivery", *parts), step, metadata)
