"""`glasshouse copy-log`: one event log into another."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from glasshouse.cli.options import Config, Json, LogLevel, settings_from
from glasshouse.copier.places import Place, open_both
from glasshouse.copier.render import as_json as report_as_json
from glasshouse.copier.render import as_text
from glasshouse.copier.report import CopyReport
from glasshouse.copier.run import Step, Watch, run_copy
from glasshouse.errors import ExitCode, SettingsError
from glasshouse.loops import run


def command(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="The log to copy: sqlite:///..., esdb://..., or a data folder. Only read.")
    ],
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[TO]", help="Where to: likewise.  [default: the event log of the settings]", show_default=False
        ),
    ] = None,
    config: Config = None,
    log_level: LogLevel = None,
    *,
    as_json: Json = False,
) -> None:
    """Copy an event log into another, in order and byte for byte, and read it back.

    Stopped or killed, it goes on where it was when it is run again. A house may run on FROM, not on TO.

    Exit 1 where the copy differs.
    """
    settings = settings_from(config, log_level=log_level or "warning")
    to = target or settings.event_log
    if to is None:
        raise SettingsError("where to copy to is not said: name it after FROM, or set GLASSHOUSE_EVENT_LOG")
    report = run(_copy(Place.parse(source), Place.parse(to), quiet=as_json))
    typer.echo(report_as_json(report) if as_json else as_text(report))
    if not report.verified:
        raise typer.Exit(ExitCode.FOUND_WRONG)


async def _copy(source: Place, target: Place, *, quiet: bool) -> CopyReport:
    async with open_both(source, target) as (original, copy):
        with _bars(quiet=quiet) as watch:
            return await run_copy(original, copy, watch)


@contextmanager
def _bars(*, quiet: bool) -> Iterator[Watch]:
    """A bar for each phase, from its first step on: a copy that is refused before shows none."""
    counted = TextColumn("{task.fields[events]:,} events")
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), counted, TimeElapsedColumn())
    bar = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), disable=quiet)
    tasks: dict[str, TaskID] = {}

    def watch(step: Step) -> None:
        if step.phase not in tasks:
            bar.start()
            tasks[step.phase] = bar.add_task(step.phase, total=step.end, events=0)
        bar.update(tasks[step.phase], completed=step.position, events=step.events)

    try:
        yield watch
    finally:
        if tasks:
            bar.stop()
