"""`glasshouse up`: broker, ingest, projections, reactors and API in one process."""

import json
from contextlib import suppress

import typer

from glasshouse.cli.console import stdout
from glasshouse.cli.options import Config, Data, EventLog, Http, Json, LogLevel, Mqtt, Wait, settings_from
from glasshouse.house import House
from glasshouse.loops import run
from glasshouse.up import up


def command(
    data: Data = None,
    http: Http = None,
    mqtt: Mqtt = None,
    event_log: EventLog = None,
    config: Config = None,
    log_level: LogLevel = None,
    wait: Wait = None,
    *,
    as_json: Json = False,
) -> None:
    """Run everything in one process, until Ctrl-C or SIGTERM."""
    settings = settings_from(config, data=data, http=http, mqtt=mqtt, event_log=event_log, log_level=log_level, wait=wait)

    def on_ready(house: House, admin_key: str | None) -> None:
        if as_json:
            typer.echo(json.dumps({"event": "ready", **house.addresses(), "admin_key": admin_key}))
        else:
            _greet(house, admin_key)

    with suppress(KeyboardInterrupt):  # told to stop before it was ready
        run(up(settings, on_ready))


def _greet(house: House, admin_key: str | None) -> None:
    console = stdout()
    console.print(f"Glasshouse is up.  Page and GraphQL: [bold]{house.http}[/]   MQTT: [bold]{house.mqtt}[/]")
    if admin_key is not None:
        console.print(f"The first admin key, shown this once: [bold]{admin_key}[/]", soft_wrap=True)
        console.print(f"Log in by opening {house.http}{house.settings.root_path}/#key={admin_key}", soft_wrap=True)
    console.print("Stop with Ctrl-C.")
