"""`glasshouse notify`: see whether targets of notifications can be reached."""

from typing import Annotated

import typer

from glasshouse.cli.options import HELP, Config, settings_from
from glasshouse.errors import ExitCode
from glasshouse.loops import run
from glasshouse.notify_test import send_test

app = typer.Typer(
    add_completion=False,
    help="Targets of notifications: see whether they can be reached.",
    no_args_is_help=True,
    context_settings=HELP,
    rich_markup_mode=None,
)


@app.callback()
def _notify() -> None:
    """One command alone would have no name of its own."""


@app.command("test")
def try_target(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Its name in the settings.")], config: Config = None
) -> None:
    """Send a test message to a target of the settings: exit code 1 where it is not taken."""
    reason = run(send_test(settings_from(config), target))
    if reason is not None:
        typer.echo(f"glasshouse: {target} did not take it: {reason}", err=True)
        raise typer.Exit(ExitCode.FOUND_WRONG)
    typer.echo(f"{target} took it")
