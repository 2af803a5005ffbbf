"""`glasshouse schema`: the registry of event types, listed and exported."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from glasshouse.cli.options import HELP, Json
from schema.json_schema import export
from schema.registry import REGISTRY

app = typer.Typer(
    add_completion=False,
    help="The event types, their versions and their JSON Schemas.",
    no_args_is_help=True,
    context_settings=HELP,
    rich_markup_mode=None,
)


@app.command("list")
def list_types(*, as_json: Json = False) -> None:
    """List the event types and their versions."""
    kinds = sorted(REGISTRY.types.values(), key=lambda kind: kind.name)
    if as_json:
        typer.echo(json.dumps([{"type": kind.name, "version": kind.version} for kind in kinds]))
        return
    table = Table("event type", "version")
    for kind in kinds:
        table.add_row(kind.name, str(kind.version))
    Console().print(table)


@app.command("export")
def export_schemas(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.")] = Path("schema/json"),
) -> None:
    """Write a JSON Schema for each event type, and remove those of types that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    files = export(REGISTRY)
    for stale in set(folder.glob("*.v*.json")) - {folder / name for name in files}:
        stale.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    typer.echo(f"{len(files)} schemas written to {folder}")
