"""One read model at work: started, fed, watched, and halted visibly when it fails."""

import asyncio
import time
from collections.abc import Callable

import structlog

from adapters.event_log.iterating import closing
from adapters.event_log.port import EventLog, LogUnavailableError
from projections.feed_queries import FeedPage, FeedQueries
from projections.gate import Gate
from projections.metrics import ProjectionMetrics
from projections.page_spans import PageSpans
from projections.progress import Progress
from projections.pulse import Pulse
from projections.read_model import ReadModel, TryAgainError
from projections.running_queries import ProjectionHaltedError, ProjectionState, ProjectionStatus
from schema.envelope import Cursor, Position


class RetiredError(Exception):
    """Another version of the read model answers by now: ask that one."""


class Runner:
    """Runs a read model from its checkpoint on. `clock` gives seconds since the epoch.

    `hurry` is called when somebody waits for it to come to a position. Without metrics nobody hears of it outside. `pages` are
    told of each page.
    """

    def __init__(
        self,
        model: ReadModel,
        log: EventLog,
        feed: FeedQueries,
        metrics: ProjectionMetrics | None,
        *,
        hurry: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
        retry_seconds: float = 10.0,
        pages: PageSpans | None = None,
    ) -> None:
        self._model = model
        self._log = log
        self.gate = Gate(feed)
        self._metrics = metrics
        self._hurry = hurry
        self._retry_seconds = retry_seconds
        self._pages = pages
        self._progress = Progress(clock)
        self._state = ProjectionState.STARTING
        self._error: str | None = None
        self._retired = False
        self._changed = Pulse()
        if metrics is not None:
            self.shows(metrics)

    def shows(self, metrics: ProjectionMetrics) -> None:
        """From now on it is this one that metrics tell of."""
        self._metrics = metrics
        metrics.watch(self._model.name, self._progress.lag)
        metrics.stands(self._model.name, self._state)

    def retire(self) -> None:
        """Another one takes its place, and answers whoever waits."""
        self._retired, self._metrics = True, None
        self._changed.fire()

    async def run(self) -> None:
        """Until cancelled, or until the read model fails in a way that will not pass."""
        while True:
            try:
                await self._work()
            except (TryAgainError, LogUnavailableError) as error:
                self._halt(error)
                await asyncio.sleep(self._retry_seconds)
            except Exception as error:  # noqa: BLE001  # whatever a read model dies of is shown, and stops no other
                self._halt(error)
                return

    async def close(self) -> None:
        await self._model.close()

    @property
    def position(self) -> Position | None:
        """Up to where it answers."""
        return self._model.position

    def status(self) -> ProjectionStatus:
        return ProjectionStatus(
            name=self._model.name,
            state=self._state,
            position=self.position,
            events=self._progress.events,
            lag_seconds=self._progress.lag(),
            error=self._error,
            events_per_second=self._progress.rate(),
        )

    async def reached(self, position: Position) -> None:
        """Return once the answers hold up to `position`; ProjectionHaltedError where that does not come, or RetiredError."""
        while (current := self.position) is None or current < position:
            if self._retired:
                raise RetiredError(f"another version of {self._model.name} serves")
            if self._state is ProjectionState.HALTED:
                raise ProjectionHaltedError(f"the read model {self._model.name} has halted: {self._error}")
            self._hurry()
            await self._changed.wait()

    async def started(self) -> None:
        """Return once it has taken in a first page, has halted, or another version has taken its place."""
        while self._state is ProjectionState.STARTING and not self._retired:
            await self._changed.wait()

    async def _work(self) -> None:
        start = await self._model.start(Cursor(self._log.log_id, await self._log.head()))
        self._changed.fire()
        async with closing(self.gate.follow(start, only=self._model.only)) as pages:
            async for page in pages:
                await self._apply(page)

    async def _apply(self, page: FeedPage) -> None:
        began = time.perf_counter()
        self._progress.begins(page)
        await self._model.apply(page)
        shown = page.caught_up and self._model.position == page.position
        self._progress.ends(page, caught_up=shown)
        seconds = time.perf_counter() - began
        if self._metrics is not None:
            self._metrics.applied(self._model.name, len(page.events), seconds)
        if self._pages is not None:
            self._pages.applied(self._model.name, page, seconds)
        self._stand(ProjectionState.LIVE if shown else ProjectionState.CATCHING_UP)
        self._changed.fire()

    def _halt(self, error: Exception) -> None:
        self._error = str(error) or type(error).__name__
        self._stand(ProjectionState.HALTED, self._error)
        structlog.get_logger().error(
            "projection_halted", projection=self._model.name, position=self._model.position, exc_info=error
        )
        self._changed.fire()

    def _stand(self, state: ProjectionState, error: str | None = None) -> None:
        if state is not self._state and self._metrics is not None:
            self._metrics.stands(self._model.name, state)
        self._state, self._error = state, error
