"""The reactors of a house, put together: who acts in which order, on one log and one broker."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from adapters.event_log.port import EventLog
from adapters.tracing.port import OFF, Tracer
from domain.advice import Advice
from reactors.appending import Appending
from reactors.checkpoint import Checkpoint
from reactors.clock import Clock
from reactors.compensation import Compensation
from reactors.dispatcher import Dispatcher
from reactors.engine import Engine
from reactors.expiry import Expiry
from reactors.following import Follow
from reactors.metrics import ReactorMetrics
from reactors.outcomes import Outcomes
from reactors.sending import Broker, Sending
from reactors.situation import Situation
from reactors.snapshots import Snapshots
from reactors.unchanged import Unchanged


class Crew:
    """All reactors at work. What devices said is weighed before time is, and time before anything is sent."""

    def __init__(
        self,
        log: EventLog,
        broker: Broker,
        advice: Advice,
        *,
        clock: Clock,
        checkpoint: Checkpoint[Situation],
        metrics: ReactorMetrics,
        standing: Callable[[], Awaitable[None]],
        fencing: Callable[[], int | None],
        follow: Follow | None = None,
        tracer: Tracer = OFF,
    ) -> None:
        woken = asyncio.Event()
        appending = Appending(log, clock, metrics)
        self._sending = Sending(broker, clock, woken, tracer)
        self.engine = Engine(
            log,
            [
                Outcomes(appending, tracer),
                Unchanged(appending),
                Expiry(appending),
                Dispatcher(appending, self._sending, advice, clock=clock, metrics=metrics, fencing=fencing),
                Compensation(appending, advice),
                Snapshots(appending, log),
            ],
            clock=clock,
            woken=woken,
            checkpoint=checkpoint,
            metrics=metrics,
            standing=standing,
            follow=follow,
            tracer=tracer,
        )

    async def drain(self, seconds: float) -> None:
        """Send nothing more, and wait so long for what the broker has to say: what it does not say is in doubt."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._sending.drained()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await self.engine.run()
        finally:
            await self._sending.close()
