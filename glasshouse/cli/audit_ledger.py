"""`glasshouse audit-ledger`: the oracle, over a simulator's ledger and a house."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from glasshouse.cli.demo import summarise
from glasshouse.cli.options import Config, Data, Json, Key, settings_from
from glasshouse.client import ApiClient
from glasshouse.errors import ExitCode
from glasshouse.loops import run
from glasshouse.oracle.api_probe import ApiProbe
from glasshouse.oracle.audit import audit
from glasshouse.oracle.probe import HistoryProbe
from glasshouse.oracle.report import AuditReport
from glasshouse.ownership import owner, resting_house
from glasshouse.read_side import hashes
from glasshouse.settings import Settings
from glasshouse.stores import open_event_log


def command(
    ledgers: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="The ledgers of `simulate`, all that its devices have.")
    ],
    data: Data = None,
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

    Exit 1 where something is lost, counted twice, invented, missing or misjudged.
    """
    settings = settings_from(config, data=data, key=key, log_level="warning")
    report = run(_audit(settings, ledgers, broker_lived_on=broker_lived_on))
    if not as_json:
        summarise(report)
    typer.echo(msgspec.json.encode(report).decode())
    if not report.ok:
        raise typer.Exit(ExitCode.FOUND_WRONG)


async def _audit(settings: Settings, ledgers: list[Path], *, broker_lived_on: bool) -> AuditReport:
    """A resting house is opened and its read models compared with a rebuild; a running one is asked over its API."""
    async with AsyncExitStack() as stack:
        running = await owner(settings)
        if running is None:
            _, log, side = await stack.enter_async_context(resting_house(settings))
            probe = HistoryProbe(side.history, lambda: hashes(side, log))
            return await audit(ledgers, log, probe, broker_lived_on=broker_lived_on)
        reading = await open_event_log(settings, read_only=True)
        stack.push_async_callback(reading.close)
        client = await stack.enter_async_context(ApiClient(running["http"], settings.key))
        asked = None if settings.key is None else ApiProbe(client)
        return await audit(ledgers, reading, asked, broker_lived_on=broker_lived_on)
