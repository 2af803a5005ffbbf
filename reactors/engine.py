"""The engine: one task follows the log and folds the situation, one lets each reactor do what is due in it.

Reconciling: a reactor is asked whenever something happened, or when it said that its time has come, and never before all that
the log holds has been read. So a start, a restart and a log that was away are no special cases.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn

import structlog

from adapters.event_log.iterating import closing
from adapters.event_log.port import EventLog, LogUnavailableError, Page
from adapters.tracing.port import OFF, Tracer
from domain.commands import CommandState
from reactors.checkpoint import Checkpoint
from reactors.clock import Clock
from reactors.facts import ONLY, fact_of
from reactors.following import Follow, Follower
from reactors.metrics import ReactorMetrics, ReactorState
from reactors.reactor import Reactor
from reactors.situation import Situation

_FAR_BEHIND: Final = timedelta(seconds=30)
"""Who is further behind, or longer, is not well: until then it is a matter of load."""
_SOON_SECONDS: Final = 0.02
"""What is due and could not be done is tried again no sooner, unless something happens."""
_LATE_SECONDS: Final = 5.0
"""Of what is due by the clock of the day no later: that may be set anew, and runs on where a machine sleeps."""


class Engine:
    """The reactors of one process. `standing` returns while the process may act; `woken` lets it look at once."""

    def __init__(
        self,
        log: EventLog,
        reactors: Sequence[Reactor],
        *,
        clock: Clock,
        woken: asyncio.Event,
        checkpoint: Checkpoint[Situation],
        metrics: ReactorMetrics,
        standing: Callable[[], Awaitable[None]],
        follow: Follow | None = None,
        retry_seconds: float = 1.0,
        tracer: Tracer = OFF,
    ) -> None:
        self._log = log
        self._reactors = list(reactors)
        self._clock = clock
        self._woken = woken
        self._checkpoint = checkpoint
        self._metrics = metrics
        self._standing = standing
        self._follower = Follower(log, "reactors", clock, follow, retry_seconds=retry_seconds)
        self._tracer = tracer
        self._situation = Situation()
        self._begun = asyncio.Event()
        self._caught_up = asyncio.Event()
        self._behind_since: datetime | None = None
        self._halted: dict[str, str] = {}
        metrics.watch_doubt(self._in_doubt)
        for reactor in reactors:
            metrics.stands(reactor.name, ReactorState.STARTING)

    async def run(self) -> None:
        """Until cancelled. What fails is halted, and shown; it takes nothing else with it."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._situation = await self._checkpoint.restore(await self._follower.head()) or Situation()
                tasks.create_task(self._act(), name="reactors-act")
                await self._follow(tasks)
        except* Exception as errors:  # noqa: BLE001  # whatever the log cannot be read for is shown
            self._halt_all(errors.exceptions[0])
        finally:
            await self._keep()

    async def started(self) -> None:
        """Return once the reactors are at work, or have halted."""
        await self._begun.wait()

    def complaint(self) -> str | None:
        """What is not as it should be, in plain words."""
        if self._halted:
            return "; ".join(f"{name} is halted: {error}" for name, error in self._halted.items())
        behind = timedelta() if self._behind_since is None else self._clock.now() - self._behind_since
        if self._begun.is_set() and behind <= _FAR_BEHIND:
            return None
        return "the reactors are catching up with the event log"

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        """Take in what the log holds, for ever."""
        following = self._follower.pages(lambda: self._situation.position, ONLY, lambda: self._stand(caught_up=False))
        async with closing(following) as pages:
            async for page in pages:
                self._take(page)
                if self._is_to_be_kept(page):
                    tasks.create_task(self._keep(), name="reactors-checkpoint")

    def _take(self, page: Page) -> None:
        for recorded in page.events:
            if recorded.type in ONLY.types:
                self._situation.take(fact_of(recorded))
        self._situation.position = page.position
        if page.events or not self._caught_up.is_set():
            self._woken.set()
        self._stand(caught_up=page.caught_up)

    def _is_to_be_kept(self, page: Page) -> bool:
        """Now and then, and once all is read for the first time: that may have taken long."""
        return self._checkpoint.is_due or (page.caught_up and not self._begun.is_set())

    async def _keep(self) -> None:
        await self._checkpoint.save(self._situation, self._log.log_id)

    def _stand(self, *, caught_up: bool) -> None:
        if caught_up:
            self._behind_since = None
            self._caught_up.set()
        else:
            self._behind_since = self._behind_since or self._clock.now()
            self._caught_up.clear()

    async def _act(self) -> NoReturn:
        while True:
            await self._caught_up.wait()
            await self._standing()
            self._woken.clear()
            self._begun.set()
            dues = [await self._react(reactor) for reactor in self._reactors]
            await self._rest(min((due for due in dues if due is not None), default=None))

    async def _react(self, reactor: Reactor) -> datetime | None:
        if reactor.name in self._halted:
            return None
        began = time.time_ns()
        try:
            due = await reactor.react(self._situation, self._clock.now())
        except LogUnavailableError as error:
            await self._follower.pause(error)
            return self._clock.now()
        except Exception as error:  # noqa: BLE001  # whatever a reactor dies of is shown, and stops no other
            self._halt(reactor.name, error)
            return None
        self._tracer.record(f"react {reactor.name}", began, time.time_ns(), reactor=reactor.name)
        self._metrics.stands(reactor.name, ReactorState.LIVE)
        return due

    async def _rest(self, until: datetime | None) -> None:
        """Until something happens, or that moment."""
        if self._woken.is_set():
            await asyncio.sleep(0)
            return
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._woken.wait(), name="reactors-woken")]
        if until is not None:
            seconds = min(max((until - self._clock.now()).total_seconds(), _SOON_SECONDS), _LATE_SECONDS)
            waits.append(asyncio.create_task(self._clock.sleep(seconds), name="reactors-timer"))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    def _halt_all(self, error: Exception) -> None:
        for reactor in self._reactors:
            self._halt(reactor.name, error)
        self._begun.set()

    def _halt(self, name: str, error: Exception) -> None:
        self._halted[name] = str(error) or type(error).__name__
        self._metrics.stands(name, ReactorState.HALTED)
        structlog.get_logger().error("reactor_halted", reactor=name, exc_info=error)

    def _in_doubt(self) -> float:
        return sum(command.state is CommandState.DISPATCHING for _, command in self._situation.under_way())
