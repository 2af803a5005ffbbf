"""The engine: runs the read models, each in a task of its own, so that a failing one halts visibly and alone.

Another version of some read models can be run beside those that serve, and take their place while everything runs.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from adapters.event_log.port import EventLog
from adapters.tracing.port import OFF, Tracer
from projections.feed import Feed
from projections.feed_queries import FeedQueries
from projections.metrics import ProjectionMetrics
from projections.page_spans import PageSpans
from projections.read_model import ReadModel
from projections.runner import RetiredError, Runner
from projections.running_queries import ProjectionStatus, UnknownProjectionError
from schema.envelope import Position


@dataclass(frozen=True)
class Derived:
    """A read model that is made of another one rather than of the log, which gives it its pages; see `Runner` for `hurry`."""

    model: ReadModel
    source: FeedQueries
    hurry: Callable[[], None]


class Troupe:
    """Some read models at work together, told by their names: those that read the log, and what is derived from them."""

    def __init__(self, runners: Mapping[str, Runner], leaders: Sequence[str]) -> None:
        self.runners = runners
        self._leaders = leaders

    def close_gates(self) -> None:
        """They take in nothing more."""
        for name in self._leaders:
            self.runners[name].gate.close()

    def open_gates(self, until: Position | None = None) -> None:
        """They go on: up to that position, or for good."""
        for name in self._leaders:
            gate = self.runners[name].gate
            gate.open() if until is None else gate.open_until(until)

    def positions(self) -> list[tuple[str, Position]]:
        """Up to where each of them answers, if it answers at all."""
        positions = ((name, runner.position) for name, runner in self.runners.items())
        return [(name, position) for name, position in positions if position is not None]

    async def reached(self, position: Position) -> None:
        """Return once all of them hold up to `position`."""
        for runner in self.runners.values():
            await runner.reached(position)


class Engine:
    """The read models of one process, on one feed of one log, and what is derived from them."""

    def __init__(
        self,
        log: EventLog,
        feed: Feed,
        models: Sequence[ReadModel],
        *,
        metrics: ProjectionMetrics,
        derived: Sequence[Derived] = (),
        clock: Callable[[], float] = time.time,
        retry_seconds: float = 10.0,
        tracer: Tracer = OFF,
    ) -> None:
        self._log = log
        self._feed = feed
        self._metrics = metrics
        self._clock = clock
        self._retry_seconds = retry_seconds
        self._pages = PageSpans(tracer) if tracer.on else None
        self._tasks: asyncio.TaskGroup | None = None
        self._running: dict[Runner, asyncio.Task[None]] = {}
        self._runners = dict(self._made(models, derived, metrics))

    async def run(self) -> None:
        """Until cancelled. Then each read model keeps what makes the next start fast."""
        async with AsyncExitStack() as closing:
            closing.push_async_callback(self._close_all)
            async with asyncio.TaskGroup() as self._tasks:
                for name, runner in self._runners.items():
                    self._start(name, runner)
                await asyncio.get_running_loop().create_future()

    def status(self) -> list[ProjectionStatus]:
        return [runner.status() for runner in self._runners.values()]

    def position(self, name: str) -> Position | None:
        runner = self._runners.get(name)
        return None if runner is None else runner.position

    async def reached(self, name: str, position: Position) -> None:
        """Return once that read model answers for all up to `position`."""
        while True:
            runner = self._runners.get(name)
            if runner is None:
                raise UnknownProjectionError(f"no read model is called {name!r}; there are: {', '.join(self._runners)}")
            try:
                return await runner.reached(position)
            except RetiredError:
                continue

    async def started(self) -> None:
        """Return once each of them is at work, or has halted."""
        for runner in list(self._runners.values()):
            await runner.started()

    def serving(self, names: Sequence[str]) -> Troupe:
        """Those that serve under these names."""
        return Troupe({name: self._runners[name] for name in names}, names[:1])

    def beside(self, models: Sequence[ReadModel], derived: Sequence[Derived]) -> Troupe:
        """Run these, too; they answer nobody yet. To be called while the engine runs."""
        made = self._made(models, derived, None)
        for name, runner in made.items():
            self._start(f"{name}-beside", runner)
        return Troupe(made, [model.name for model in models])

    def promote(self, troupe: Troupe) -> Troupe:
        """Let these serve from now on. Those that served are handed back, at work still, to be stopped."""
        before = self.serving(list(troupe.runners))
        for name, runner in troupe.runners.items():
            self._runners[name].retire()
            self._runners[name] = runner
            runner.shows(self._metrics)
        return before

    async def stop(self, troupe: Troupe) -> None:
        """End these, and let each keep what it has."""
        runners = list(troupe.runners.values())
        tasks = [self._running.pop(runner) for runner in runners if runner in self._running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for runner in runners:
            await runner.close()

    def _made(
        self, models: Sequence[ReadModel], derived: Sequence[Derived], metrics: ProjectionMetrics | None
    ) -> dict[str, Runner]:
        runner = partial(Runner, clock=self._clock, retry_seconds=self._retry_seconds, pages=self._pages)
        return {model.name: runner(model, self._log, self._feed, metrics) for model in models} | {
            one.model.name: runner(one.model, self._log, one.source, metrics, hurry=one.hurry) for one in derived
        }

    def _start(self, name: str, runner: Runner) -> None:
        assert self._tasks is not None, "the engine runs"  # noqa: S101  # for the type checker
        self._running[runner] = self._tasks.create_task(runner.run(), name=f"projection-{name}")

    async def _close_all(self) -> None:
        """The others, too, where one of them cannot be."""
        async with AsyncExitStack() as closing:
            for runner in {**dict.fromkeys(self._runners.values()), **dict.fromkeys(self._running)}:
                closing.push_async_callback(runner.close)
