"""Retention as operators see it: the last run of the job that moves old readings into the archive."""

from datetime import datetime

import strawberry

from adapters.history.retention.report import Report
from adapters.history.retention.runs import Run
from api.fields import described
from api.scalars import BigInt


@strawberry.type(description="A day that was left as it was.")
class RetentionFailure:
    day: str = described("The day, in UTC.")
    reason: str = described("Why, in a sentence.")


@strawberry.type(description="Windows that are no longer kept: charts of that time are made of raw readings.")
class DroppedWindows:
    span: str = described("Which windows: minute, quarter, hour, day or site_day.")
    before: datetime = described("Those that start before this moment.")


@strawberry.type(description="What a run did, or, for a dry run, would do.")
class RetentionReport:
    days: int = described("How many days of raw readings left the store.")
    rows: BigInt = described("How many readings these days have in the archive.")
    new_rows: BigInt = described("How many of them were new to it.")
    bytes: BigInt = described("How large the files are that were written.")
    first_day: str | None = described("The first of these days.")
    last_day: str | None = described("The last of them.")
    changed: list[str] = described("Days that got readings meanwhile: the next run takes them.")
    failures: list[RetentionFailure] = described("Days that could not be archived.")
    windows: list[DroppedWindows] = described("Windows that are no longer kept.")
    expired_days: int = described("How many days were past the archive's own limit, and were deleted from it.")


@strawberry.type(description="A run of the job that moves old readings into the archive.")
class RetentionRun:
    number: int = described("Its number since the process started.")
    dry_run: bool = described("Whether it only tells what would happen.")
    running: bool = described("Whether it is under way.")
    started_at: datetime = described("When it was begun.")
    day: str | None = described("The day that it is at, or was last.")
    done: int = described("How many days it has done.")
    total: int = described("How many days are to be done.")
    report: RetentionReport | None = described("What came of it; null while it runs, and where it could not be done.")
    error: str | None = described("Why it could not be done.")


def retention_run(run: Run) -> RetentionRun:
    step = run.step
    return RetentionRun(
        number=run.number,
        dry_run=run.dry_run,
        running=run.running,
        started_at=run.started_at,
        day=None if step is None else step.day,
        done=0 if step is None else step.done,
        total=0 if step is None else step.total,
        report=None if run.report is None else _report(run.report),
        error=run.error,
    )


def _report(report: Report) -> RetentionReport:
    return RetentionReport(
        days=report.days,
        rows=BigInt(report.rows),
        new_rows=BigInt(report.new_rows),
        bytes=BigInt(report.bytes),
        first_day=report.first_day,
        last_day=report.last_day,
        changed=list(report.changed),
        failures=[RetentionFailure(day=one.day, reason=one.reason) for one in report.failures],
        windows=[DroppedWindows(span=one.span, before=one.before) for one in report.windows],
        expired_days=report.expired_days,
    )
