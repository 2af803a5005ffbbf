"""`glasshouse keys`: issue, list and revoke API keys."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from glasshouse.cli.options import HELP, Config, Data, EventLog, Json, settings_from
from glasshouse.cli.options import Key as AdminKey
from glasshouse.errors import SettingsError
from glasshouse.keys import Key, open_keys
from glasshouse.loops import run
from glasshouse.settings import Settings

app = typer.Typer(
    add_completion=False,
    help="API keys: who may read, change and deliver.",
    no_args_is_help=True,
    context_settings=HELP,
    rich_markup_mode=None,
)


@app.command("list")
def list_keys(
    data: Data = None,
    event_log: EventLog = None,
    key: AdminKey = None,
    config: Config = None,
    *,
    as_json: Json = False,
) -> None:
    """List all keys, without their secrets."""
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level="warning")

    async def work(settings: Settings) -> list[Key]:
        async with open_keys(settings) as keys:
            return await keys.all()

    found = run(work(settings))
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    table = Table("id", "name", "role", "issued", "ends")
    for one in found:
        ends = "revoked" if one.revoked else "never" if one.expires_at is None else _short(one.expires_at)
        table.add_row(one.id, escape(one.name), one.role, _short(one.issued_at), ends)
    Console().print(table)


@app.command("issue")
def issue_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")],
    role: Annotated[Literal["viewer", "operator", "ingest", "admin"], typer.Option(help="What it may do.")] = "viewer",
    expires: Annotated[str | None, typer.Option(metavar="TIME", help="When it ends: RFC 3339 with an offset.")] = None,
    data: Data = None,
    event_log: EventLog = None,
    key: AdminKey = None,
    config: Config = None,
    *,
    as_json: Json = False,
) -> None:
    """Issue a key. It is shown this once."""
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level="warning")
    expires_at = None if expires is None else _moment(expires)

    async def work(settings: Settings) -> Key:
        async with open_keys(settings) as keys:
            return await keys.issue(name, role, expires_at)

    issued = run(work(settings))
    typer.echo(msgspec.json.encode(issued).decode() if as_json else issued.secret)


@app.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `keys list` shows it.")],
    data: Data = None,
    event_log: EventLog = None,
    key: AdminKey = None,
    config: Config = None,
    *,
    as_json: Json = False,
) -> None:
    """Revoke a key for good."""
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level="warning")

    async def work(settings: Settings) -> Key:
        async with open_keys(settings) as keys:
            return await keys.revoke(key_id)

    revoked = run(work(settings))
    typer.echo(msgspec.json.encode(revoked).decode() if as_json else f"{revoked.id} ({revoked.name}) opens nothing any more")


def _short(time: str) -> str:
    """To the second: a table that fits on a terminal. `--json` has it all."""
    return f"{time[:19]}Z"


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{text!r} is not a time; write it as in 2027-01-31T12:00:00Z") from error
    if moment.tzinfo is None:
        raise SettingsError(f"{text!r} has no offset; write it as in 2027-01-31T12:00:00Z")
    return moment.astimezone(UTC)
