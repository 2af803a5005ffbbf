"""`glasshouse doctor`: which part is broken, and what to do."""

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from glasshouse.cli.options import Config, Data, EventLog, Http, Json, Mqtt, settings_from
from glasshouse.doctor import examine
from glasshouse.errors import ExitCode
from glasshouse.loops import run


def command(
    data: Data = None,
    event_log: EventLog = None,
    http: Http = None,
    mqtt: Mqtt = None,
    config: Config = None,
    *,
    as_json: Json = False,
) -> None:
    """Look at every part and name what is broken. Exit 1 where something is."""
    settings = settings_from(config, data=data, event_log=event_log, http=http, mqtt=mqtt, log_level="error")
    findings = run(examine(settings))
    if as_json:
        typer.echo(msgspec.json.encode(findings).decode())
    else:
        console = Console(highlight=False, emoji=False)
        for finding in findings:
            mark = "[green]ok    [/]" if finding.ok else "[red]broken[/]"
            console.print(f"{mark} {finding.part:<14}{escape(finding.detail)}", soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(ExitCode.FOUND_WRONG)
