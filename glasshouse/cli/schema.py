"""`glasshouse schema`: the registry of event types, listed and exported, and its versions recorded in a log."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from glasshouse.cli.console import stdout
from glasshouse.cli.options import HELP, Config, Data, EventLog, Json, settings_from
from glasshouse.errors import DataFolderError, SettingsError
from glasshouse.loops import run
from glasshouse.migrating import Migrated, migrate
from glasshouse.settings import Settings
from glasshouse.stores import open_event_log
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
    stdout().print(table)


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


@app.command("migrate")
def migrate_types(
    names: Annotated[list[str] | None, typer.Argument(metavar="[TYPE]...", help="Which types.  [default: all]")] = None,
    data: Data = None,
    event_log: EventLog = None,
    config: Config = None,
    *,
    as_json: Json = False,
) -> None:
    """Record in the event log which version of each event type it is read by now. Run again, it adds nothing.

    Events do not change: older ones are lifted whenever they are read. Read models take that up with `glasshouse rebuild`.
    """
    unknown = sorted(set(names or ()) - set(REGISTRY.types))
    if unknown:
        raise SettingsError(f"no event type is called {', '.join(unknown)}; `glasshouse schema list` shows which there are")
    settings = settings_from(config, data=data, event_log=event_log, log_level="warning")

    done = run(_migrate(settings, names or ()))
    typer.echo(msgspec.json.encode(done).decode() if as_json else _as_text(done))


async def _migrate(settings: Settings, names: Sequence[str]) -> list[Migrated]:
    if (path := settings.event_log_path) is not None and not path.exists():
        raise DataFolderError(f"there is no event log {path}; name its data folder with --data")
    log = await open_event_log(settings)
    try:
        return await migrate(log, names)
    finally:
        await log.close()


def _as_text(done: Sequence[Migrated]) -> str:
    lines = [
        f"{one.type}: version {one.version} recorded"
        + (f", {one.before} before" if one.before is not None else "")
        + (f"; {one.lifted:,} older events read as of this version" if one.lifted else "")
        for one in done
        if one.recorded
    ]
    return "\n".join([*lines, f"{len(lines)} of {len(done)} recorded; the others were before."])
