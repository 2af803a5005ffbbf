"""`glasshouse backtest`: what an alert rule would have said."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from glasshouse.backtesting import Answer, backtested
from glasshouse.cli.console import stdout
from glasshouse.cli.moments import moment
from glasshouse.cli.options import AnyKey, Config, Data, EventLog, Json, LogLevel, settings_from
from glasshouse.loops import run
from glasshouse.ownership import Hears
from glasshouse.rule_files import read_rule
from glasshouse.settings import Settings
from schema.times import format_time

Basis = Literal["as-corrected", "as-known"]
_NOT_KNOWN: Final = (
    "History that came more than 7 days late is not among what was known: the rule does not say evaluateBackfill."
)
_WORTH_TELLING: Final = 1.0
_COLUMNS: Final = ("kind", "what", "since", "raised", "over since", "value", "")


def command(
    rule: Annotated[
        Path,
        typer.Argument(metavar="RULE.json", help="The rule: an `AlertRuleInput` of the schema.", show_default=False),
    ],
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="Measured at or after this: a date or RFC 3339.")],
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Measured before this.  [default: now]")] = None,
    basis: Annotated[Basis, typer.Option(help="The readings as they count now, or the log as it came.")] = "as-corrected",
    data: Data = None,
    event_log: EventLog = None,
    key: AnyKey = None,
    config: Config = None,
    log_level: LogLevel = None,
    *,
    as_json: Json = False,
) -> None:
    """Hold an alert rule against the past, with the evaluator that runs live. Nothing is changed.

    A running house is asked over its API, for which any key will do that may read; its limits hold. A resting one has none.
    """
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level=log_level or "warning")
    until = format_time(datetime.now(UTC)) if end is None else moment("--to", end)
    since, wanted, basis_name = moment("--from", start), read_rule(rule), basis.upper().replace("-", "_")
    asked = {"rule": wanted, "from": since, "to": until, "basis": basis_name}
    found, waited = run(_ask(settings, rule, asked, quiet=as_json))
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    if found["alerts"]:
        stdout().print(_table(found["alerts"]))
    typer.echo(_summary(found, waited))
    if not found["total"] and basis == "as-known" and not wanted.get("evaluateBackfill"):
        typer.echo(_NOT_KNOWN)


async def _ask(settings: Settings, file: Path, asked: dict[str, Any], *, quiet: bool) -> Answer:
    with _bar(quiet=quiet) as (hears, progress):
        return await backtested(settings, file, hears, progress, **asked)


@contextmanager
def _bar(*, quiet: bool) -> Iterator[tuple[Hears, Callable[[float], None]]]:
    """On what it works, how much of it is done, for how long it did, and for how long it will."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as progress:
        task = progress.add_task("back-test", total=None)
        yield (
            lambda what: progress.update(task, description=f"back-test: {what}"),
            lambda share: progress.update(task, total=1.0, completed=share),
        )


def _table(alerts: list[dict[str, Any]]) -> Table:
    table = Table(*_COLUMNS, box=None)
    for one in alerts:
        what = " ".join(filter(None, (one["deviceId"], one["sensorId"])))
        value = "" if one["value"] is None else f"{one['value']:.4g}"
        told = filter(None, ("was raised" if one["alertId"] else "", "refuted later" if one["refuted"] else ""))
        ended = one["ended"] or "still so"
        table.add_row(one["kind"], escape(what), one["since"], one["raised"], ended, value, ", ".join(told))
    return table


def _summary(found: dict[str, Any], waited: float) -> str:
    shown = len(found["alerts"])
    first = f", of which the first {shown:,} are shown" if shown < found["total"] else ""
    refuted = f", {found['refuted']:,} of them refuted later" if found["refuted"] else ""
    what = "reading" if found["basis"] == "AS_CORRECTED" else "event"
    before = f", after {waited:.1f} s in which the house read what was new in its log" if waited >= _WORTH_TELLING else ""
    return (
        f"{_counted(found['total'], 'alert')} of {_counted(len(found['devices']), 'device')}{first}{refuted}. "
        f"{_counted(found['lookedAt'], what)} of {found['series']:,} series in {found['seconds']:.1f} s{before}."
        f"{_against(found)}"
    )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _against(found: dict[str, Any]) -> str:
    """What a rule of that id did raise, and how much of it this one would not have."""
    count, raised, alerts = found["raisedTotal"], found["raised"], found["alerts"]
    if not count:
        return ""
    more = len({one["id"] for one in raised} - {one["alertId"] for one in alerts})
    is_whole = len(alerts) == found["total"] and len(raised) == count
    not_these = f", {more:,} of which this one would not have" if more and is_whole else ""
    return f" The rule of this id raised {count:,} about that time{not_these}."
