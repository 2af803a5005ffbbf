"""`glasshouse demo`: a living greenhouse to look at, and the proof that nothing of it was lost."""

import json
from typing import Annotated

import msgspec
import typer
from msgspec.structs import replace
from rich.console import Console

from glasshouse.cli.console import stdout
from glasshouse.cli.options import Config, Http, Json, LogLevel, Mqtt, settings_from
from glasshouse.demo.run import demo
from glasshouse.errors import ExitCode
from glasshouse.house import House
from glasshouse.loops import run
from glasshouse.oracle.report import AuditReport
from glasshouse.settings import Address, Settings
from glasshouse.web import is_free

_DATA = "data/demo"


def command(
    seconds: Annotated[float | None, typer.Option(metavar="S", help="Stop by itself after so long.")] = None,
    devices: Annotated[int, typer.Option(metavar="N", help="How many devices.")] = 20,
    rate: Annotated[float, typer.Option(metavar="R", help="Messages a second, all devices together.")] = 50.0,
    data: Annotated[str, typer.Option(metavar="DIR", help="The data folder.")] = _DATA,
    http: Http = None,
    mqtt: Mqtt = None,
    config: Config = None,
    log_level: LogLevel = None,
    *,
    as_json: Json = False,
) -> None:
    """Run everything with a simulated greenhouse, until Ctrl-C; then check that nothing was lost or counted twice."""
    settings = settings_from(config, data=data, http=http, mqtt=mqtt, log_level=log_level or "warning")
    settings = _on_free_ports(settings, http=http is None, mqtt=mqtt is None)

    def on_ready(house: House, key: str) -> None:
        if as_json:
            typer.echo(json.dumps({"event": "ready", **house.addresses(), "admin_key": key}))
        else:
            _greet(house, key)

    try:
        report = run(demo(settings, devices=devices, rate=rate, seconds=seconds, on_ready=on_ready))
    except KeyboardInterrupt:  # told to stop before there was anything to judge
        return
    if not as_json:
        summarise(report)
    typer.echo(msgspec.json.encode(report).decode())
    if not report.ok:
        raise typer.Exit(ExitCode.FOUND_WRONG)


def _on_free_ports(settings: Settings, *, http: bool, mqtt: bool) -> Settings:
    """A demo that was not told where to listen goes elsewhere rather than nowhere."""
    listen = settings.embedded_broker
    if http and not is_free(Address.parse(settings.http)):
        settings = replace(settings, http="127.0.0.1:0")
    if mqtt and listen is not None and not is_free(listen):
        settings = replace(settings, mqtt="127.0.0.1:0")
    return settings


def _greet(house: House, key: str) -> None:
    console = stdout()
    console.print("A simulated greenhouse is running, with devices that fail as real ones do.\n")
    console.print(f"  Look at it   [bold]{house.http}/#key={key}[/]", soft_wrap=True)
    console.print(f"  Ask it       [bold]{house.http}/graphql[/]   Authorization: Bearer {key}", soft_wrap=True)
    console.print(f"  Feed it      [bold]{house.mqtt}[/]   topic glasshouse/SITE/DEVICE/reading", soft_wrap=True)
    console.print("\nStop with Ctrl-C, for the proof. Or kill -9 it and start again: nothing that had\na receipt is lost.")


def summarise(report: AuditReport) -> None:
    """The oracle's judgement for people."""
    console = Console(highlight=False, stderr=True)
    console.print(
        f"\n{report.sent:,} messages sent, {report.receipted:,} with a receipt: {report.stored:,} stored, "
        f"{report.dead_letters:,} dead letters: {_verdict(report)}",
        soft_wrap=True,
    )


def _verdict(report: AuditReport) -> str:
    """All that keeps a report from being `ok`, by name."""
    if report.ok:
        return "[green]nothing lost, nothing counted twice[/]"
    counts = {name: getattr(report, name) for name in ("lost", "double_counted", "invented", "missing", "misjudged")}
    wrong = [f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count]
    wrong += [f"{model} is not what a rebuild makes of the log" for model in report.diverged]
    return f"[red]{', '.join(wrong)}[/]"
