"""Runs of the retention job in a process that lives on: every hour, and whenever somebody asks; one at a time, and seen."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final, Protocol

import msgspec
import structlog

from adapters.history.port import HistoryError
from adapters.history.retention.policy import Policy
from adapters.history.retention.report import Report, RetentionBusyError, Step, Watch

_SOON_SECONDS: Final = 60.0
_EVERY_SECONDS: Final = 3600.0


class Job(Protocol):
    """What is run: `RetentionJob`, which only processes with a history of their own need to load."""

    @property
    def policy(self) -> Policy: ...

    async def run(self, *, dry_run: bool, watch: Watch) -> Report: ...


class Run(msgspec.Struct, kw_only=True):
    """A run: under way until it has a report, or an error that says why it could not be done."""

    number: int
    dry_run: bool
    started_at: datetime
    step: Step | None = None
    report: Report | None = None
    error: str | None = None

    @property
    def running(self) -> bool:
        return self.report is None and self.error is None


class RetentionRuns:
    """`work` runs them, in one task; nothing moves by itself before `is_ready`: before the history holds what the log does."""

    def __init__(self, job: Job, clock: Callable[[], datetime]) -> None:
        self.last: Run | None = None
        self._job = job
        self._clock = clock
        self._asked: Run | None = None
        self._bell = asyncio.Event()

    def ask(self, *, dry_run: bool) -> Run:
        """Begin a run, soon; RetentionBusyError where one is under way."""
        if self.last is not None and self.last.running:
            raise RetentionBusyError("a retention run is under way; wait for its end")
        self._asked = self.last = self._next(dry_run=dry_run)
        self._bell.set()
        return self._asked

    async def work(self, is_ready: Callable[[], bool]) -> None:
        """Until cancelled."""
        pause = _SOON_SECONDS
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._bell.wait()
            self._bell.clear()
            asked, self._asked = self._asked, None
            if asked is not None:
                await self._run(asked)
            elif is_ready() and self._job.policy.active:
                self.last = self._next(dry_run=False)
                await self._run(self.last)
                pause = _EVERY_SECONDS

    async def _run(self, run: Run) -> None:
        def watch(step: Step) -> None:
            run.step = step

        try:
            run.report = await self._job.run(dry_run=run.dry_run, watch=watch)
            _tell(run.report)
        except HistoryError as error:
            run.error = str(error)
            structlog.get_logger().error("retention_failed", reason=run.error)
        except BaseException as error:
            run.error = f"it was ended: {error!r}"
            raise

    def _next(self, *, dry_run: bool) -> Run:
        number = 1 if self.last is None else self.last.number + 1
        return Run(number=number, dry_run=dry_run, started_at=self._clock())


def _tell(report: Report) -> None:
    if report.days and not report.dry_run:
        structlog.get_logger().info(
            "days_archived",
            days=report.days,
            rows=report.rows,
            bytes=report.bytes,
            first_day=report.first_day,
            last_day=report.last_day,
        )
