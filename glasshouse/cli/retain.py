"""`glasshouse retain`: old readings into the archive, now."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from adapters.history.retention.report import Report, Step, Watch
from glasshouse.cli.options import Config, Data, EventLog, Json, Key, LogLevel, settings_from
from glasshouse.errors import ExitCode
from glasshouse.loops import run
from glasshouse.retaining import retain
from glasshouse.settings import Settings
from schema.times import format_time


def command(
    data: Data = None,
    event_log: EventLog = None,
    key: Key = None,
    config: Config = None,
    log_level: LogLevel = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would move and what would be dropped.")] = False,
    as_json: Json = False,
) -> None:
    """Move raw readings that are older than the settings say into the archive, and drop what is past its own limit.

    Only what was read back from the archive leaves the store. A running house does this by itself every hour; it is asked
    over its API.

    Exit 1 where a day could not be archived: it stays in the store.
    """
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level=log_level or "warning")
    report = run(_retain(settings, dry_run=dry_run, quiet=as_json))
    typer.echo(msgspec.json.encode(report).decode() if as_json else as_text(report))
    if not report.ok:
        raise typer.Exit(ExitCode.FOUND_WRONG)


async def _retain(settings: Settings, *, dry_run: bool, quiet: bool) -> Report:
    with bars(quiet=quiet) as watch:
        return await retain(settings, dry_run=dry_run, watch=watch)


@contextmanager
def bars(*, quiet: bool) -> Iterator[Watch]:
    """A bar of days, from the first one on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), disable=quiet)
    task = bar.add_task("days", total=None)

    def watch(step: Step) -> None:
        bar.start()
        bar.update(task, description=step.day, completed=step.done, total=step.total)

    try:
        yield watch
    finally:
        if bar.live.is_started:
            bar.stop()


def as_text(report: Report) -> str:
    """What was done, for people."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    would = "would move" if report.dry_run else "moved"
    if report.days:
        size = "" if report.dry_run else f", {report.new_rows:,} of them new to it, in {report.bytes:,} bytes"
        days = f"{report.days} days ({report.first_day} to {report.last_day})"
        yield f"{days}: {report.rows:,} readings {would} to the archive{size}"
    elif not (report.changed or report.failures):
        yield "no day of raw readings is past its limit"
    for dropped in report.windows:
        verb = "would be dropped" if report.dry_run else "are dropped"
        yield f"{dropped.span} windows before {format_time(dropped.before)} {verb}"
    if report.expired_days:
        verb = "would be deleted" if report.dry_run else "were deleted"
        yield f"{report.expired_days} days of the archive are past its limit and {verb}"
    if report.changed:
        changed = ", ".join(report.changed)
        yield f"{len(report.changed)} days got readings meanwhile and have their turn at the next run: {changed}"
    for failure in report.failures:
        yield f"{failure.day} could not be archived and stays as it is: {failure.reason}"
