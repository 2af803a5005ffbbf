"""`glasshouse import`: logger CSV files through the ingest pipeline."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.credentials import credentials_in
from glasshouse.cli.options import Config, Data, EventLog, Json, LogLevel, settings_from
from glasshouse.data_folder import DataFolder, own
from glasshouse.errors import ExitCode, RefusedError
from glasshouse.importer.load import load_mapping
from glasshouse.importer.mapping import Mapping
from glasshouse.importer.mqtt_sink import mqtt_sink
from glasshouse.importer.pipeline_sink import pipeline_sink
from glasshouse.importer.render import as_json as report_as_json
from glasshouse.importer.render import as_text
from glasshouse.importer.report import ImportReport
from glasshouse.importer.run import Progress as Step
from glasshouse.importer.run import run_import
from glasshouse.importer.sink import Sink
from glasshouse.loops import run
from glasshouse.ownership import owner
from glasshouse.settings import Settings
from glasshouse.stores import open_event_log


def command(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE|FOLDER", help="CSV files, or folders of them.")],
    mapping: Annotated[Path, typer.Option(metavar="FILE", help="What the columns mean (TOML).")],
    data: Data = None,
    event_log: EventLog = None,
    mqtt: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The broker of a house on another machine, mqtt[s]://user:password@host:port; else --data says which house.",
        ),
    ] = None,
    config: Config = None,
    log_level: LogLevel = None,
    *,
    as_json: Json = False,
) -> None:
    """Import logger files. Into a running house over MQTT, with receipts; else straight into its event log.

    Importing the same files again stores nothing new. Exit 1 where something is a dead letter.
    """
    settings = settings_from(config, data=data, event_log=event_log, mqtt=mqtt, log_level=log_level or "warning")
    report = run(_import(settings, paths, load_mapping(mapping), quiet=as_json))
    typer.echo(report_as_json(report) if as_json else as_text(report))
    if report.total.readings.dead_letters or report.total.states.dead_letters:
        raise typer.Exit(ExitCode.FOUND_WRONG)


async def _import(settings: Settings, paths: list[Path], mapping: Mapping, *, quiet: bool) -> ImportReport:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bar:
        task = bar.add_task("reading the files", total=None)

        def progress(step: Step) -> None:
            bar.update(task, description=step.file, completed=step.bytes_read, total=step.bytes_total)

        async with _sink(settings) as sink:
            return await run_import(paths, mapping, sink, progress=progress)


@asynccontextmanager
async def _sink(settings: Settings) -> AsyncIterator[Sink]:
    address = await _broker_of_a_running_house(settings)
    if address is not None:
        async with mqtt_sink(address) as sink:
            yield sink
        return
    with own(settings.folder):
        log = await open_event_log(settings)
        try:
            async with pipeline_sink(log) as sink:
                yield sink
        finally:
            await log.close()


async def _broker_of_a_running_house(settings: Settings) -> BrokerAddress | None:
    """The broker that was named, or that of the house which owns the data folder."""
    if settings.embedded_broker is None:
        return BrokerAddress.parse(settings.mqtt)
    running = await owner(settings)
    if running is not None and "mqtt" not in running:
        raise RefusedError(
            f"a process of the role `{running['role']}` owns this data folder, and takes nothing in; use --mqtt URL"
        )
    return None if running is None else _broker_of(running, DataFolder(settings.folder))


def _broker_of(running: dict[str, Any], folder: DataFolder) -> BrokerAddress:
    """Whoever may write to the data folder may use the accounts that are kept in it."""
    host, port = running["mqtt"]["host"], running["mqtt"]["port"]
    if not running.get("broker_accounts"):
        return BrokerAddress(host, port)
    ours = credentials_in(folder.broker).ours
    return BrokerAddress(host, port, username=ours.user, password=ours.password)
