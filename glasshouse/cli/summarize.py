"""`glasshouse summarize`: figures of months, seasons and years."""

import csv
import io
from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from glasshouse.cli.console import stdout
from glasshouse.cli.export import Devices, From, Metrics, To, asked
from glasshouse.cli.options import Config, Data, EventLog, Json, Key, LogLevel, settings_from
from glasshouse.errors import SettingsError
from glasshouse.loops import run
from glasshouse.summaries import By, Summary, summaries


def command(
    by: Annotated[By, typer.Option(help="Of which periods, in UTC. A season is three months: DJF, MAM, JJA, SON.")] = "month",
    start: From = None,
    end: To = None,
    devices: Devices = None,
    metrics: Metrics = None,
    data: Data = None,
    event_log: EventLog = None,
    key: Key = None,
    config: Config = None,
    log_level: LogLevel = None,
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: Json = False,
) -> None:
    """Sum up what was measured: count, mean, minimum and maximum of each sensor, and totals of degree days and light.

    From the store and the archive alike, without values that are bad.
    """
    if as_csv and as_json:
        raise SettingsError("--csv and --json are two ways to print one thing; leave one of them out")
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level=log_level or "warning")
    found = run(summaries(settings, by, asked(start, end, devices, metrics)))
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
    elif as_csv:
        typer.echo(_csv(found), nl=False)
    else:
        stdout().print(_table(found))


def _csv(found: list[Summary]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Summary.__struct_fields__)
    writer.writerows(msgspec.structs.astuple(one) for one in found)
    return text.getvalue()


def _table(found: list[Summary]) -> Table:
    table = Table("period", "sensor", "metric", box=None)
    for name in ("days", "values", "bad", "mean", "min", "max", "total"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found:
        figures = ("" if figure is None else f"{figure:.4g}" for figure in (one.mean, one.min, one.max, one.total))
        names = (one.period, escape(f"{one.device} {one.sensor}"), escape(f"{one.metric} {one.unit or ''}"))
        table.add_row(*names, f"{one.days:,}", f"{one.count:,}", f"{one.bad:,}", *figures)
    return table
