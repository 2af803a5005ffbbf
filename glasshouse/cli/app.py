"""The `glasshouse` command: its subcommands, and how an error becomes a sentence and an exit code."""

import sys

import typer
from rich.console import Console

from glasshouse.cli import audit_ledger, demo, doctor, import_, keys, schema, simulate, up
from glasshouse.errors import ExitCode
from glasshouse.failures import explain

app = typer.Typer(
    name="glasshouse",
    help="Everything that happens in a greenhouse as events: MQTT in, an event log at the heart, GraphQL out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.command)
app.command("up")(up.command)
app.command("simulate")(simulate.command)
app.command("audit-ledger")(audit_ledger.command)
app.command("import")(import_.command)
app.command("doctor")(doctor.command)
app.add_typer(keys.app, name="keys")
app.add_typer(schema.app, name="schema")


def main() -> None:
    """Run the command that was asked for; what goes wrong is one plain sentence on stderr and an exit code."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(ExitCode.OK)
    except Exception as error:
        sentence, code = explain(error)
        if code is ExitCode.UNEXPECTED:
            raise
        Console(stderr=True, highlight=False).print(f"glasshouse: {sentence}", style="red", soft_wrap=True, markup=False)
        sys.exit(code)
