"""`glasshouse rebuild` and `glasshouse verify`: versions of a read model."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from domain.versions import Outcome
from domain.windows import Span
from glasshouse.cli.options import Config, Data, EventLog, Json, Key, settings_from
from glasshouse.errors import ExitCode, SettingsError
from glasshouse.loops import run
from glasshouse.rebuilding import Watch, rebuilder
from glasshouse.settings import Settings
from glasshouse.versions.job import Order
from glasshouse.versions.shelf import NAMES
from projections.rebuilds import Action, RebuildReport, RebuildStatus

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="history (with its windows), latest, decisions, accounts, alerts, commands or lineage.",
        show_default=False,
    ),
]
_SAID = {
    Outcome.EQUAL: "Both hold the same.",
    Outcome.NEW_RULES: "They differ, as they may: version {candidate} is made by other rules.",
    Outcome.ACCEPTED: "They differ.",
    Outcome.DIFFERS: "They differ, though they should not.",
}
_SITE_DAYS = "Days are dates in UTC: a site_day is named by the one on which it begins, which east of UTC is the day before."


def rebuild(
    name: Name,
    data: Data = None,
    event_log: EventLog = None,
    key: Key = None,
    config: Config = None,
    *,
    rollback: Annotated[bool, typer.Option("--rollback", help="Let the version that served before serve again.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Let the new one serve even if it differs where it should not.")
    ] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Begin with the first event, though a version is half filled.")] = False,
    as_json: Json = False,
) -> None:
    """Fill a new version of a read model from the log, compare it with the one that serves, and let it serve.

    What serves goes on serving meanwhile. Where the two differ though they are made by the same rules, nothing is switched, and
    the exit code is 10. Stopped or killed, it goes on where it was when it is run again.
    """
    if rollback and (accept or anew):
        raise SettingsError("--rollback goes back to a version that is there; leave --accept and --anew out")
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level="error")
    action = Action.ROLLBACK if rollback else Action.REBUILD
    _conclude(settings, Order(name, action, accept, anew), as_json=as_json)


def verify(
    name: Name,
    data: Data = None,
    event_log: EventLog = None,
    key: Key = None,
    config: Config = None,
    *,
    as_json: Json = False,
) -> None:
    """Compare a read model with one made from the log by the same rules. Nothing is changed.

    Exit 10 where they differ.
    """
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level="error")
    _conclude(settings, Order(name, Action.VERIFY), as_json=as_json)


def _conclude(settings: Settings, order: Order, *, as_json: bool) -> None:
    if order.projection not in NAMES:
        raise SettingsError(f"no read model that can be rebuilt is called {order.projection!r}; there are: {', '.join(NAMES)}")
    report = run(_run(settings, order, quiet=as_json))
    typer.echo(msgspec.json.encode(report).decode() if as_json else _as_text(report))
    if report.outcome is Outcome.DIFFERS:
        raise typer.Exit(ExitCode.DIFFERS)


async def _run(settings: Settings, order: Order, *, quiet: bool) -> RebuildReport:
    async with rebuilder(settings) as place:
        with _bar(quiet=quiet) as watch:
            return await place.run(order, watch)


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Watch]:
    counted, left = TextColumn("{task.fields[events]:,} events"), TextColumn("{task.fields[eta]}")
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), counted, TimeElapsedColumn(), left)
    bar = Progress(*columns, console=Console(stderr=True), disable=quiet)
    task = bar.add_task("", total=1.0, events=0, eta="")

    def watch(status: RebuildStatus) -> None:
        bar.start()
        eta = "" if status.eta_seconds is None else f"{status.eta_seconds:,.0f} s left"
        bar.update(task, description=status.phase.value, completed=status.progress, events=status.events, eta=eta)

    try:
        yield watch
    finally:
        bar.stop()


def _as_text(report: RebuildReport) -> str:
    return "\n".join(_lines(report, report.projection))


def _lines(report: RebuildReport, name: str) -> Iterator[str]:
    other = "the log" if report.candidate == 0 else f"version {report.candidate}"
    yield f"{name}: version {report.serving} compared with {other}, {report.events:,} events read in {report.seconds:,.1f} s."
    width = max(len(part.name) for part in report.parts)
    for part in report.parts:
        verdict = (
            "equal" if not part.differing else f"differs on {part.differing:,} days of devices" if report.days else "differs"
        )
        yield f"  {part.name:<{width}}  {part.serving}  {verdict}"
    yield _SAID[report.outcome].format(candidate=report.candidate)
    for day in report.days:
        yield f"  {day.device_id}  {day.day}  {', '.join(day.parts)}"
    if report.differing_days > len(report.days):
        yield f"  and {report.differing_days - len(report.days):,} more"
    if any(Span.SITE_DAY in day.parts for day in report.days):
        yield _SITE_DAYS
    if report.action is not Action.VERIFY:
        serving = report.candidate if report.switched else report.serving
        yield f"Version {serving} serves{'' if report.switched else ' on'}."
