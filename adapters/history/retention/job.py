"""The retention job: days of raw rows that are old enough go into the archive, and only what was read back leaves the store.

It may be killed at any moment. What the archive has under a final name is whole; a row leaves the store after the manifest
has named the file that holds it; a day that was interrupted is taken again, to the same files. Windows of days whose raw
rows are still in the store stay, whatever their own limit says.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from adapters.history.archive.archive import Archive
from adapters.history.archive.keeping import ChangedMeanwhileError
from adapters.history.archive.layout import day_text
from adapters.history.archived import ArchivedHistory
from adapters.history.port import HistoryError, HistoryUnavailableError
from adapters.history.retention.policy import Policy, before
from adapters.history.retention.report import Dropped, Failure, Report, RetentionBusyError, Step, Watch
from domain.windows import Span
from schema.times import DAY_US, from_micros, to_micros


class RetentionJob:
    """The one job of a history: of whichever version of it serves when a run begins. `clock` tells what time it is."""

    def __init__(self, serving: Callable[[], ArchivedHistory], policy: Policy, clock: Callable[[], datetime]) -> None:
        self._policy = policy
        self._serving = serving
        self._clock = clock
        self._busy = asyncio.Lock()

    @property
    def policy(self) -> Policy:
        return self._policy

    async def run(self, *, dry_run: bool = False, watch: Watch = lambda _step: None) -> Report:
        """Do all that is due. RetentionBusyError where a run is under way; HistoryError where the store cannot be asked."""
        if self._busy.locked():
            raise RetentionBusyError("a retention run is under way; wait for its end")
        async with self._busy:
            report, history = Report(dry_run=dry_run), self._serving()
            checkpoint = await history.checkpoint()
            if self.policy.raw is None or checkpoint is None:
                return report
            now_us = to_micros(self._clock())
            if dry_run:
                await _Plan(history, self._policy, now_us, report).tell(watch)
                return report
            with history.archive.alone():
                run = _Run(history, self._policy, now_us, report, checkpoint.log_id)
                await run.work(watch)
            return report


class _Plan:
    """What is due."""

    def __init__(self, history: ArchivedHistory, policy: Policy, now_us: int, report: Report) -> None:
        self.history = history
        self.store = history.store
        self.archive: Archive = history.archive
        self.policy = policy
        self.now_us = now_us
        self.report = report
        self.old_us = before(policy.raw or 0, now_us)

    async def tell(self, watch: Watch) -> None:
        days = await self.store.days(self.old_us)
        for done, day in enumerate(days):
            watch(Step(day_text(day), done, len(days)))
            rows = (await self.store.digest(day, day + DAY_US)).rows
            self.report.moved(day_text(day), rows, rows, 0)
        for span, days_kept in self.policy.windows().items():
            before_us = min(before(days_kept, self.now_us), self.old_us)
            self.report.windows.append(Dropped(span, from_micros(before_us)))
        self.report.expired_days = len({day for _, day in self.expired()})

    def expired(self) -> list[tuple[str | None, int]]:
        """Of the archive: what is past its own retention, and of which the store has nothing any more."""
        holdings = self.archive.holdings
        if self.policy.archive is None:
            return []
        limit = before(self.policy.archive, self.now_us)
        return [(site, day) for site, day in holdings.files if day + DAY_US <= limit and day in holdings.dropped]


class _Run(_Plan):
    """Doing it."""

    def __init__(self, history: ArchivedHistory, policy: Policy, now_us: int, report: Report, log_id: str) -> None:
        super().__init__(history, policy, now_us, report)
        self._log_id = log_id
        self._sites: dict[str, str | None] = {}

    async def work(self, watch: Watch) -> None:
        self.archive.require_log(self._log_id)
        self._sites = {device: mark.site for device, mark in (await self.store.watermarks()).items()}
        changed = await self.history.watch()
        try:
            days = await self.store.days(self.old_us)
            for done, day in enumerate(days):
                watch(Step(day_text(day), done, len(days)))
                if not await self._move(day, changed):
                    break
        finally:
            self.history.unwatch()
        left = await self.store.days(self.old_us)
        await self._drop_windows(min([self.old_us, *left]))
        if not self.report.failures:
            await self._expire()

    async def _move(self, day: int, changed: set[int]) -> bool:
        """Whether to go on: a full disk ends the run, a day that cannot be archived does not."""
        try:
            kept = await self.archive.keep_day(self.store, day, self._log_id, self._sites.get)
            if await self._drop(day, changed):
                self.report.moved(day_text(day), kept.rows, kept.new_rows, kept.size)
            else:
                self.report.changed.append(day_text(day))
        except ChangedMeanwhileError:
            self.report.changed.append(day_text(day))
        except HistoryError as error:
            structlog.get_logger().error("day_not_archived", day=day_text(day), reason=str(error))
            self.report.failures.append(Failure(day_text(day), str(error)))
            return not isinstance(error, HistoryUnavailableError)
        return True

    async def _drop(self, day: int, changed: set[int]) -> bool:
        """Let the store go of a day, if nothing was added to it since it was read."""
        async with self.history.moving, self.history.writing:
            if day in changed:
                return False
            await self.archive.let_go(day)
            await self.store.forget_rows(day, day + DAY_US)
            return True

    async def _drop_windows(self, oldest_us: int) -> None:
        for name, days_kept in self.policy.windows().items():
            span, before_us = Span(name), min(before(days_kept, self.now_us), oldest_us)
            await self.archive.lower(span, before_us)
            await self.store.forget_windows(span, before_us)
            self.report.windows.append(Dropped(name, from_micros(before_us)))

    async def _expire(self) -> None:
        expired = self.expired()
        for site, day in expired:
            await self.archive.expire(site, day)
        self.report.expired_days = len({day for _, day in expired})
