"""`glasshouse simulate`: the demo's house alone, against any broker, with a ledger."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from glasshouse.cli.options import Json, LogLevel, settings_from
from glasshouse.errors import SettingsError
from glasshouse.loops import run
from glasshouse.simulator.options import SimulationOptions, SimulationReport
from glasshouse.simulator.run import run_simulation


def command(
    ledger: Annotated[Path, typer.Option(metavar="FILE", help="Where each message is written down before it is sent.")],
    mqtt: Annotated[
        str | None, typer.Option(metavar="URL", help="The broker: mqtt://host:port; if not given, that of GLASSHOUSE_MQTT.")
    ] = None,
    devices: Annotated[int, typer.Option(metavar="N", help="How many devices.")] = 20,
    rate: Annotated[float, typer.Option(metavar="R", help="Messages a second, all devices together.")] = 50.0,
    seconds: Annotated[float | None, typer.Option(metavar="S", help="How long; until Ctrl-C if not given.")] = None,
    site: Annotated[str, typer.Option(metavar="ID", help="The site that the devices speak from.")] = "demo",
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same weather and the same faults.")] = 1,
    log_level: LogLevel = None,
    *,
    as_json: Json = False,
) -> None:
    """Simulate a greenhouse whose devices drop, delay, double and garble messages at known rates."""
    settings = settings_from(None, mqtt=mqtt, log_level=log_level or "warning")
    if settings.embedded_broker is not None:
        raise SettingsError(
            "simulate wants the URL of a broker that runs: name it with --mqtt mqtt://host:port, or GLASSHOUSE_MQTT"
        )
    options = SimulationOptions(
        mqtt=settings.mqtt, ledger=ledger, devices=devices, rate=rate, seconds=seconds, site=site, seed=seed
    )
    with Console(stderr=True).status("starting") as status:

        def progress(report: SimulationReport) -> None:
            status.update(f"{report.sent:,} sent, {report.pubacked:,} acknowledged, {report.receipted:,} with a receipt")

        try:
            report = run(run_simulation(options, progress=None if as_json else progress))
        except KeyboardInterrupt:
            return
    typer.echo(msgspec.json.encode(report).decode())
