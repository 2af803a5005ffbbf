"""The part of the react side that tells people of alerts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.notify.addresses import TargetAddress
from adapters.snapshot import SnapshotFile
from glasshouse.settings import Settings
from reactors import deliveries, notifications
from reactors.clock import SystemClock
from reactors.deliveries import Deliveries
from reactors.following import Follow
from reactors.notification_metrics import NotificationMetrics
from reactors.notifications import NotificationVoice
from reactors.teller import Teller


class Telling(msgspec.Struct, frozen=True):
    """Where people are told, by the names of targets, and the address of the page that they are pointed to."""

    targets: Mapping[str, TargetAddress] = {}
    page: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> "Telling":
        return cls(settings.notify, settings.page_url)


NO_TARGETS: Final = Telling()
_NAMED: Final = 3


class NotifySide:
    """What is to be told goes to the log, and from there out."""

    def __init__(
        self,
        log: EventLog,
        telling: Telling,
        snapshots: Path,
        *,
        registry: CollectorRegistry,
        standing: Callable[[], Awaitable[None]],
        follow: Follow | None,
    ) -> None:
        clock = SystemClock()
        self._targets = frozenset(telling.targets)
        told = SnapshotFile(
            snapshots / "notifier.json", kind=notifications.SNAPSHOT_KIND, version=notifications.SNAPSHOT_VERSION
        )
        sent = SnapshotFile(snapshots / "deliveries.json", kind=deliveries.SNAPSHOT_KIND, version=deliveries.SNAPSHOT_VERSION)
        self.notifier = Teller(log, NotificationVoice(), told, clock=clock, standing=standing, follow=follow)
        self.deliveries = Deliveries(
            log,
            {name: address.opened(name) for name, address in telling.targets.items()},
            sent,
            clock=clock,
            metrics=NotificationMetrics(registry),
            standing=standing,
            follow=follow,
            page=telling.page,
        )

    def complaint(self) -> str | None:
        """What is wrong with targets, in plain words: that they fail, or that there are none of that name."""
        unknown: dict[str, list[str]] = {}
        for name, target in self.notifier.voice.told_by():
            if target not in self._targets:
                unknown.setdefault(target, []).append(name)
        missing = (f"the settings name no {target}, by which {_few(names)} would be told" for target, names in unknown.items())
        return "; ".join(filter(None, (self.deliveries.complaint(), *missing))) or None

    def start(self, tasks: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        return [
            tasks.create_task(self.notifier.run(), name="notifications"),
            tasks.create_task(self.deliveries.run(), name="deliveries"),
        ]


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" and others" if names[_NAMED:] else "")
