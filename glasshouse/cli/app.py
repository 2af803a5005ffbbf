"""The `glasshouse` command: its subcommands, and how an error becomes a sentence and an exit code."""

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from typer.core import TyperGroup
from typer.main import get_command

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


_LOOK: Final[dict[str, Any]] = {
    "context_settings": HELP,
    "rich_markup_mode": None,  # which takes what stands in brackets, such as a default, for markup, and drops it
    "add_completion": False,
    "pretty_exceptions_enable": False,
}
_COMMANDS: Final = {
    "demo": ("demo:command", "A simulated greenhouse, and the proof that nothing of it was lost."),
    "up": ("up:command", "Broker, ingest, read models, reactors, API and page in one process."),
    "ingest": ("roles:ingest", "MQTT to the event log alone, for the sites that it owns."),
    "project": ("roles:project", "The shared read models alone."),
    "react": ("roles:react", "What follows by itself alone: commands to devices, and what becomes of them."),
    "serve": ("roles:serve", "API and page alone; as many as are needed."),
    "import": ("import_:command", "Import the CSV files of data loggers."),
    "export": ("export:command", "Readings or windows as CSV, Parquet or Arrow."),
    "summarize": ("summarize:command", "Figures of months, seasons and years."),
    "backtest": ("backtest:command", "What an alert rule would have said."),
    "trace": ("trace:command", "What led to an alert or to commands, and what became of it."),
    "retain": ("retain:command", "Move old readings into the archive, now."),
    "copy-log": ("copy_log:command", "Copy an event log into another, and verify it."),
    "rebuild": ("rebuild:rebuild", "Make a read model anew from the log, beside the one that serves."),
    "verify": ("rebuild:verify", "Compare a read model with one made from the log."),
    "doctor": ("doctor:command", "Name the broken part, and what to do."),
    "keys": ("keys:app", "Issue, list and revoke API keys."),
    "letters": ("letters:app", "Look at dead letters, mend them, send them again."),
    "notify": ("notify:app", "See whether targets of notifications can be reached."),
    "simulate": ("simulate:command", "The demo's greenhouse alone, with a ledger."),
    "audit-ledger": ("audit_ledger:command", "Hold ledgers against the log and the read models."),
    "schema": ("schema:app", "The event types and their JSON Schemas."),
}
"""Where each is, and what it is for in a line."""


class _Commands(TyperGroup):
    """Loads the command that is asked for, and no other: a process that was killed shall answer again soon."""

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        place, purpose = _COMMANDS[cmd_name]
        module, _, attribute = place.partition(":")
        found = getattr(import_module(f"glasshouse.cli.{module}"), attribute)
        if not isinstance(found, typer.Typer):
            function, found = found, typer.Typer(**_LOOK)
            found.command(cmd_name)(function)
        command = get_command(found)
        command.name, command.short_help = cmd_name, purpose
        return command


app = typer.Typer(
    name="glasshouse",
    cls=_Commands,
    help="Everything that happens in a greenhouse as events: MQTT in, an event log at the heart, GraphQL out.",
    no_args_is_help=True,
    **_LOOK,
)
app.callback()(_program)


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
