"""The `glasshouse` command: its subcommands, and how an error becomes a sentence and an exit code."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console

from glasshouse.cli import audit_ledger, copy_log, demo, doctor, import_, keys, roles, schema, simulate, up
from glasshouse.cli.options import HELP
from glasshouse.errors import ExitCode
from glasshouse.failures import explain


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(version("glasshouse"))
        raise typer.Exit


def _program(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """What is asked of the program itself, before any command."""


app = typer.Typer(
    name="glasshouse",
    help="Everything that happens in a greenhouse as events: MQTT in, an event log at the heart, GraphQL out.",
    no_args_is_help=True,
    context_settings=HELP,
    rich_markup_mode=None,  # which takes what stands in brackets, such as a default, for markup, and drops it
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.callback()(_program)
app.command("demo", short_help="A simulated greenhouse, and the proof that nothing of it was lost.")(demo.command)
app.command("up", short_help="Broker, ingest, read models, API and page in one process.")(up.command)
app.command("ingest", short_help="MQTT to the event log alone, for the sites that it owns.")(roles.ingest)
app.command("project", short_help="The shared read models alone.")(roles.project)
app.command("serve", short_help="API and page alone; as many as are needed.")(roles.serve)
app.command("import", short_help="Import the CSV files of data loggers.")(import_.command)
app.command("copy-log", short_help="Copy an event log into another, and verify it.")(copy_log.command)
app.command("doctor", short_help="Name the broken part, and what to do.")(doctor.command)
app.add_typer(keys.app, name="keys", short_help="Issue, list and revoke API keys.")
app.command("simulate", short_help="The demo's greenhouse alone, with a ledger.")(simulate.command)
app.command("audit-ledger", short_help="Hold ledgers against the log and the read models.")(audit_ledger.command)
app.add_typer(schema.app, name="schema", short_help="The event types and their JSON Schemas.")


def main() -> None:
    """Run the command that was asked for; what goes wrong is one plain sentence on stderr and an exit code."""
    try:
        app()
    except Exception as error:
        sentence, code = explain(error)
        if code is ExitCode.UNEXPECTED:
            raise
        console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        console.print(f"glasshouse: {sentence}", style="red", soft_wrap=True)
        sys.exit(code)
