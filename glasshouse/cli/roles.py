"""`glasshouse ingest`, `project`, `react` and `serve`: parts of the house as processes of their own."""

import json
from contextlib import AbstractAsyncContextManager, suppress
from typing import Annotated

import typer

from glasshouse.cli.console import stdout
from glasshouse.cli.options import Config, Data, EventLog, Http, Json, LogLevel, Wait, settings_from
from glasshouse.loops import run
from glasshouse.roles.ingest import ingesting
from glasshouse.roles.project import projecting_history
from glasshouse.roles.react import reacting
from glasshouse.roles.serve import serving
from glasshouse.roles.stage import Running, run_role

Standby = Annotated[
    bool, typer.Option("--standby", help="Where another process holds this role, wait and take over when it ends.")
]
Mqtt = Annotated[str | None, typer.Option("--mqtt", metavar="URL", help="The broker: mqtt[s]://user:password@host:port.")]


def ingest(
    owns: Annotated[
        list[str] | None,
        typer.Option("--owns", metavar="SITE", help="A site whose messages are taken in; again for more.  [default: +, all]"),
    ] = None,
    data: Data = None,
    event_log: EventLog = None,
    mqtt: Mqtt = None,
    http: Http = None,
    config: Config = None,
    log_level: LogLevel = None,
    wait: Wait = None,
    *,
    standby: Standby = False,
    as_json: Json = False,
) -> None:
    """Take messages in, of the sites that are owned. A site has one owner: a second is refused."""
    settings = settings_from(config, data=data, event_log=event_log, mqtt=mqtt, http=http, log_level=log_level, wait=wait)
    _run(ingesting(settings, owns or (), standby=standby), as_json=as_json)


def project(
    data: Data = None,
    event_log: EventLog = None,
    http: Http = None,
    config: Config = None,
    log_level: LogLevel = None,
    wait: Wait = None,
    *,
    standby: Standby = False,
    as_json: Json = False,
) -> None:
    """Fill the history. One process at a time: a second is refused."""
    settings = settings_from(config, data=data, event_log=event_log, http=http, log_level=log_level, wait=wait)
    _run(projecting_history(settings, standby=standby), as_json=as_json)


def react(
    data: Data = None,
    event_log: EventLog = None,
    mqtt: Mqtt = None,
    http: Http = None,
    config: Config = None,
    log_level: LogLevel = None,
    wait: Wait = None,
    *,
    standby: Standby = False,
    as_json: Json = False,
) -> None:
    """Send commands to devices, and follow what becomes of them. One process at a time: a second is refused."""
    settings = settings_from(config, data=data, event_log=event_log, mqtt=mqtt, http=http, log_level=log_level, wait=wait)
    _run(reacting(settings, standby=standby), as_json=as_json)


def serve(
    data: Data = None,
    event_log: EventLog = None,
    http: Http = None,
    config: Config = None,
    log_level: LogLevel = None,
    wait: Wait = None,
    *,
    as_json: Json = False,
) -> None:
    """Serve the API and the page. As many processes as are needed, each with a data folder of its own."""
    settings = settings_from(config, data=data, event_log=event_log, http=http, log_level=log_level, wait=wait)
    _run(serving(settings), as_json=as_json)


def _run(role: AbstractAsyncContextManager[Running], *, as_json: bool) -> None:
    def on_ready(running: Running) -> None:
        if as_json:
            typer.echo(json.dumps({"event": "ready", "role": running.role, **running.told, **running.secrets}))
        else:
            _greet(running)

    with suppress(KeyboardInterrupt):  # told to stop before it was ready
        run(run_role(role, on_ready))


def _greet(running: Running) -> None:
    console = stdout()
    owns = f" of {', '.join(running.told['owns'])}" if "owns" in running.told else ""
    console.print(f"{running.role}{owns} is up.  HTTP: [bold]{running.told['http']}[/]")
    if running.secrets.get("admin_key") is not None:
        console.print(f"The first admin key, shown this once: [bold]{running.secrets['admin_key']}[/]", soft_wrap=True)
    console.print("Stop with Ctrl-C.")
