"""`glasshouse audit-ledger`: the oracle, over a simulator's ledger and a house."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from glasshouse.audited import audited
from glasshouse.cli.demo import summarise
from glasshouse.cli.options import Config, Data, EventLog, Json, Key, settings_from
from glasshouse.errors import ExitCode
from glasshouse.loops import run
from glasshouse.oracle.audit import audit
from glasshouse.oracle.report import AuditReport
from glasshouse.settings import Settings


def command(
    ledgers: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="The ledgers of `simulate`, all that its devices have.")
    ],
    data: Data = None,
    event_log: EventLog = None,
    key: Key = None,
    config: Config = None,
    broker_lived_on: Annotated[
        bool,
        typer.Option(
            "--broker-lived-on/--broker-died",
            help="Was the broker never killed? What it acknowledged then counts as promised.",
        ),
    ] = True,
    *,
    as_json: Json = False,
) -> None:
    """Hold ledgers against the log and the read models, once all who wrote them have ended.

    A data folder at rest is opened, and its read models compared with a rebuild; a process that runs is asked over its API.

    Exit 1 where something is lost, counted twice, invented, missing or misjudged.
    """
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level="warning")
    report = run(_audit(settings, ledgers, broker_lived_on=broker_lived_on))
    if not as_json:
        summarise(report)
    typer.echo(msgspec.json.encode(report).decode())
    if not report.ok:
        raise typer.Exit(ExitCode.FOUND_WRONG)


async def _audit(settings: Settings, ledgers: list[Path], *, broker_lived_on: bool) -> AuditReport:
    async with audited(settings) as found:
        return await audit(ledgers, found.log, found.rows, hashes=found.hashes, broker_lived_on=broker_lived_on)
