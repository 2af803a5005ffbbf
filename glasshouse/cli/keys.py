"""`glasshouse keys`: issue, list, rotate and revoke API keys, and let devices into a broker with theirs."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from adapters.mqtt.logins import ACCESS, PASSWORDS
from api.errors import ApiError
from api.scalars import parse_duration
from domain.decisions_keys import GRACE
from glasshouse.broker_files import our_account, write_broker_files
from glasshouse.cli.console import stdout
from glasshouse.cli.options import HELP, Config, Data, EventLog, Json, Mqtt, settings_from
from glasshouse.cli.options import Key as AdminKey
from glasshouse.errors import SettingsError
from glasshouse.key_record import Key, Wanted
from glasshouse.keys import Keys, open_keys
from glasshouse.loops import run
from glasshouse.roles_setting import RoleWord
from glasshouse.settings import Settings

T = TypeVar("T")
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

    found = _ask(settings, lambda keys: keys.all())
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    stdout().print(key_table(found))


@app.command("issue")
def issue_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.")],
    role: Annotated[RoleWord, typer.Option(help="What it may do.")] = "viewer",
    expires: Annotated[str | None, typer.Option(metavar="TIME", help="When it ends: RFC 3339 with an offset.")] = None,
    site: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A site that it is good for; several times: several; none: all.")
    ] = None,
    device: Annotated[list[str] | None, typer.Option(metavar="ID", help="A device that it is good for, likewise.")] = None,
    data: Data = None,
    event_log: EventLog = None,
    key: AdminKey = None,
    config: Config = None,
    *,
    as_json: Json = False,
) -> None:
    """Issue a key. It is shown this once."""
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level="warning")
    wanted = Wanted(
        name=name,
        role=role,
        expires_at=None if expires is None else _moment(expires),
        sites=tuple(site or ()),
        devices=tuple(device or ()),
    )

    issued = _ask(settings, lambda keys: keys.issue(wanted))
    typer.echo(msgspec.json.encode(issued).decode() if as_json else issued.secret)


@app.command("rotate")
def rotate_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `keys list` shows it.")],
    grace: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="For how long the old secret is good, too, such as PT1H.  [default: P1D]"),
    ] = None,
    data: Data = None,
    event_log: EventLog = None,
    key: AdminKey = None,
    config: Config = None,
    *,
    as_json: Json = False,
) -> None:
    """Give a key a new secret; all else of it stays. It is shown this once."""
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level="warning")
    old_for = GRACE if grace is None else _length(grace)

    rotated = _ask(settings, lambda keys: keys.rotate(key_id, old_for))
    typer.echo(msgspec.json.encode(rotated).decode() if as_json else rotated.secret)


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

    revoked = _ask(settings, lambda keys: keys.revoke(key_id))
    typer.echo(msgspec.json.encode(revoked).decode() if as_json else f"{revoked.id} ({revoked.name}) opens nothing any more")


@app.command("mosquitto")
def write_mosquitto(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where password file and access list are written.")],
    mqtt: Mqtt = None,
    data: Data = None,
    event_log: EventLog = None,
    key: AdminKey = None,
    config: Config = None,
    *,
    as_json: Json = False,
) -> None:
    """Let devices into a Mosquitto of yours with their keys: write its password file and its access list."""
    settings = settings_from(config, data=data, event_log=event_log, key=key, mqtt=mqtt, log_level="warning")
    ours = our_account(settings)

    logins = _ask(settings, lambda keys: keys.logins())
    write_broker_files(out, ours, logins)
    count = len(logins)
    if as_json:
        typer.echo(
            msgspec.json.encode({"logins": count, "passwords": str(out / PASSWORDS), "access": str(out / ACCESS)}).decode()
        )
    else:
        typer.echo(f"logins of devices written to {out}: {count}; Mosquitto reads them when it gets a SIGHUP")


def _ask(settings: Settings, ask: Callable[[Keys], Awaitable[T]]) -> T:
    """The answer of the running house, or of the resting folder."""

    async def work() -> T:
        async with open_keys(settings) as keys:
            return await ask(keys)

    return run(work())


def key_table(keys: Sequence[Key]) -> Table:
    """For people. The ids, which the other commands take, stand in it whole, however narrow it is."""
    table = Table(box=None)
    table.add_column("id", no_wrap=True)
    for name in ("name", "role", "good for", "issued", "ends"):
        table.add_column(name, overflow="fold")
    for one in keys:
        ends = "revoked" if one.revoked else "never" if one.expires_at is None else _short(one.expires_at)
        good_for = ", ".join([*one.sites, *one.devices]) or "all"
        table.add_row(one.id, escape(one.name), one.role, good_for, _short(one.issued_at), ends)
    return table


def _short(time: str) -> str:
    """To the minute: a table that fits on a terminal. `--json` has it all."""
    return f"{time[:16]}Z"


def _length(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ApiError as error:
        raise SettingsError(f"--grace: {error}") from error


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{text!r} is not a time; write it as in 2027-01-31T12:00:00Z") from error
    if moment.tzinfo is None:
        raise SettingsError(f"{text!r} has no offset; write it as in 2027-01-31T12:00:00Z")
    return moment.astimezone(UTC)
