"""The react side of one process: the reactors on the log, and a session with the broker to send what they decide."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from adapters.event_log.iterating import closing
from adapters.event_log.port import EventLog, Page
from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.plain import Plain
from adapters.mqtt.session import Session
from adapters.snapshot import SnapshotFile
from adapters.tracing.port import OFF, Tracer
from domain.advice import Advice
from glasshouse.lease import Lease
from glasshouse.notify_side import NO_TARGETS, NotifySide, Telling
from projections.feed_queries import FeedQueries
from reactors.alert_state import SNAPSHOT_KIND as ALERTS_KIND
from reactors.alert_state import SNAPSHOT_VERSION as ALERTS_VERSION
from reactors.alerts import AlertVoice
from reactors.checkpoint import Checkpoint
from reactors.clock import SystemClock
from reactors.crew import Crew
from reactors.engine import Engine
from reactors.metrics import ReactorMetrics
from reactors.situation import SNAPSHOT_KIND, SNAPSHOT_VERSION, Situation
from reactors.teller import Teller
from schema.envelope import Filter, Position

CLIENT_ID: Final = "glasshouse-react"
_DRAIN_SECONDS: Final = 2


def new_client_id() -> str:
    """Another one for each session: it leaves nothing at the broker, and throws out nobody who acted before."""
    return f"{CLIENT_ID}-{secrets.token_hex(4)}"


class ReactSide:
    """Commands to the broker, outcomes to the log. With a lease nothing is done while it is not held.

    `plain`: the broker's clients of MQTT 3.1.1 do not live with properties.
    """

    def __init__(
        self,
        log: EventLog,
        address: BrokerAddress,
        client_id: str,
        advice: Advice,
        *,
        snapshot: Path,
        registry: CollectorRegistry,
        lease: Lease | None,
        plain: bool = False,
        feed: FeedQueries | None = None,
        tracer: Tracer = OFF,
        telling: Telling = NO_TARGETS,
    ) -> None:
        self.session = Session(address, client_id=client_id, clean=True, session_expiry_s=0, tracer=tracer)
        follow = None if feed is None else partial(_fed, feed)
        kept = SnapshotFile(snapshot, kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)
        self._crew = Crew(
            log,
            Plain(self.session) if plain else self.session,
            advice,
            clock=SystemClock(),
            checkpoint=Checkpoint(SNAPSHOT_KIND, kept, Situation.restored),
            metrics=ReactorMetrics(registry),
            standing=_at_once if lease is None else lease.standing,
            fencing=lambda: None if lease is None else lease.fencing,
            follow=follow,
            tracer=tracer,
        )
        standing = _at_once if lease is None else lease.standing
        file = SnapshotFile(snapshot.with_name("alert-reactor.json"), kind=ALERTS_KIND, version=ALERTS_VERSION)
        self.alerts = Teller(log, AlertVoice(), file, clock=SystemClock(), standing=standing, follow=follow)
        self.notify = NotifySide(log, telling, snapshot.parent, registry=registry, standing=standing, follow=follow)
        self._working: list[asyncio.Task[None]] = []

    @property
    def engine(self) -> Engine:
        return self._crew.engine

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """The reactors and the session, each in a task."""
        self._working = [
            tasks.create_task(self._crew.run(), name="reactors"),
            tasks.create_task(self.alerts.run(), name="alerts"),
            *self.notify.start(tasks),
            tasks.create_task(self.session.run(), name="mqtt-react"),
        ]

    async def started(self) -> None:
        """Return once connected, and at work; raises what the first attempt to connect met."""
        await self.session.first_attempt()
        await self.engine.started()

    async def stop(self) -> None:
        """Send nothing more, let the reactors keep what they know, then let go of the broker."""
        await self._crew.drain(_DRAIN_SECONDS)
        for task in self._working:
            task.cancel()
            await asyncio.wait([task])


async def _at_once() -> None:
    """Nobody else can act on this log."""


async def _fed(feed: FeedQueries, after: Position | None, only: Filter) -> AsyncIterator[Page]:
    """What the feed of this process reads anyway, as the log has it."""
    async with closing(feed.follow(after, only=only)) as pages:
        async for page in pages:
            yield Page([fed.recorded for fed in page.events], page.position, page.caught_up)
