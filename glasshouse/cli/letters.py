"""`glasshouse letters`: look at dead letters, and send them through ingest again."""

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
import typer

from glasshouse.cli.options import HELP, Config, Data, Json, Key, settings_from
from glasshouse.errors import ExitCode, SettingsError
from glasshouse.letters import Letter, Letters, open_letters
from glasshouse.loops import run
from glasshouse.settings import Settings

app = typer.Typer(
    add_completion=False,
    help="Messages that could not be understood: look at them, mend them, send them again.",
    no_args_is_help=True,
    context_settings=HELP,
    rich_markup_mode=None,
)
Code = Annotated[str | None, typer.Option(metavar="CODE", help="Only those with this code, such as wrong_site.")]
_Found = Callable[[Letters], AsyncIterator[Letter]]
_SHOWN: Final = 400
"""Characters of a payload."""


@app.command("list")
def list_letters(
    state: Annotated[Literal["open", "replayed", "superseded", "all"], typer.Option(help="What became of them.")] = "open",
    code: Code = None,
    data: Data = None,
    key: Key = None,
    config: Config = None,
    *,
    as_json: Json = False,
) -> None:
    """List dead letters, newest first, with their payloads."""
    wanted = None if state == "all" else state
    _show(_settings(data, key, config), lambda letters: letters.listed(wanted, code), as_json=as_json)


@app.command()
def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Dead letters, by their ids.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    code: Code = None,
    data: Data = None,
    key: Key = None,
    config: Config = None,
    *,
    as_json: Json = False,
) -> None:
    """Send dead letters through ingest again as they came. However often, what they say is stored once.

    Exit 1 where some are not understood again.
    """
    if bool(ids) == every or (ids and code):
        raise SettingsError("name dead letters by their ids, or --all that are open, with a --code or without")

    async def sent(letters: Letters) -> AsyncIterator[Letter]:
        for letter in await letters.replay(ids or []):
            yield letter

    again: _Found = sent if ids else lambda letters: letters.replay_open(code)
    _judge(are_replayed=_show(_settings(data, key, config), again, as_json=as_json))


@app.command()
def repair(
    letter: Annotated[str, typer.Argument(metavar="ID", help="The dead letter, by its id.")],
    topic: Annotated[str | None, typer.Option(metavar="TOPIC", help="The topic that it should have come on.")] = None,
    payload: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A file with what it should have said; - is the input.")
    ] = None,
    data: Data = None,
    key: Key = None,
    config: Config = None,
    *,
    as_json: Json = False,
) -> None:
    """Send a dead letter through ingest again with another topic or payload.

    Exit 1 where it is not understood again.
    """
    text = None if payload is None else _text_in(payload)

    async def sent(letters: Letters) -> AsyncIterator[Letter]:
        yield await letters.repair(letter, topic, text)

    _judge(are_replayed=_show(_settings(data, key, config), sent, as_json=as_json))


def _text_in(payload: Path) -> str:
    """SettingsError where there is none."""
    try:
        return (sys.stdin.buffer.read() if str(payload) == "-" else payload.read_bytes()).decode()
    except OSError as error:
        raise SettingsError(f"the payload {payload} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"the payload {payload} must be UTF-8, and byte {error.start} is not") from error


def _settings(data: str | None, key: str | None, config: Path | None) -> Settings:
    return settings_from(config, data=data, key=key, log_level="warning")


def _show(settings: Settings, found: _Found, *, as_json: bool) -> bool:
    """Print the letters as they come, a line of JSON each where that is asked for; whether all of them are replayed."""

    async def show() -> bool:
        are_replayed = True
        async with open_letters(settings) as letters:
            async for letter in found(letters):
                typer.echo(msgspec.json.encode(letter).decode() if as_json else as_text(letter))
                are_replayed = are_replayed and letter.state == "replayed"
        return are_replayed

    return run(show())


def as_text(letter: Letter) -> str:
    """A letter for people. Whoever sent it has no say in what their terminal does."""
    lines = [f"{letter.id}  {letter.state}  {letter.received_at}  {letter.topic}", f"  {letter.code}: {letter.reason}"]
    if letter.payload is not None:
        lines.append(f"  {letter.payload[:_SHOWN]}")
    if letter.replay is not None:
        lines += [f"  -> event {each}" for each in letter.replay.event_ids]
        lines += [f"  -> dead letter {each}" for each in letter.replay.dead_letter_ids]
    return "\n".join(map(_printable, lines))


def _printable(line: str) -> str:
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in line)


def _judge(*, are_replayed: bool) -> None:
    if not are_replayed:
        raise typer.Exit(ExitCode.FOUND_WRONG)
