"""The engine: runs the read models, each in a task of its own, so that a failing one halts visibly and alone."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from adapters.event_log.port import EventLog
from projections.feed import Feed
from projections.metrics import ProjectionMetrics
from projections.queries import FeedQueries, ProjectionStatus, UnknownProjectionError
from projections.read_model import ReadModel
from projections.runner import Runner
from schema.envelope import Position


@dataclass(frozen=True)
class Derived:
    """A read model that is made of another one rather than of the log, which gives it its pages; see `Runner` for `hurry`."""

    model: ReadModel
    source: FeedQueries
    hurry: Callable[[], None]


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
    ) -> None:
        self._runners = {
            model.name: Runner(model, log, feed, metrics, clock=clock, retry_seconds=retry_seconds) for model in models
        } | {
            one.model.name: Runner(
                one.model, log, one.source, metrics, hurry=one.hurry, clock=clock, retry_seconds=retry_seconds
            )
            for one in derived
        }

    async def run(self) -> None:
        """Until cancelled. Then each read model keeps what makes the next start fast."""
        async with AsyncExitStack() as closing:
            for runner in self._runners.values():
                closing.push_async_callback(runner.close)
            async with asyncio.TaskGroup() as tasks:
                for name, runner in self._runners.items():
                    tasks.create_task(runner.run(), name=f"projection-{name}")
                await asyncio.get_running_loop().create_future()

    def status(self) -> list[ProjectionStatus]:
        return [runner.status() for runner in self._runners.values()]

    async def reached(self, name: str, position: Position) -> None:
        """Return once that read model answers for all up to `position`."""
        runner = self._runners.get(name)
        if runner is None:
            raise UnknownProjectionError(f"no read model is called {name!r}; there are: {', '.join(self._runners)}")
        await runner.reached(position)
