"""`glasshouse export`: readings or windows as CSV, Parquet or Arrow."""

import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from glasshouse.cli.moments import moment
from glasshouse.cli.options import Config, Data, EventLog, Json, Key, LogLevel, settings_from
from glasshouse.errors import SettingsError
from glasshouse.exporting import Pairs, exported, write_file
from glasshouse.loops import run
from glasshouse.settings import Settings

_FORMATS = {".csv": "csv", ".parquet": "parquet", ".arrow": "arrow", ".arrows": "arrow"}

From = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="Measured at or after this: a date or RFC 3339.  [default: all that is kept]"),
]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Measured before this.")]
Devices = Annotated[list[str] | None, typer.Option("--device", metavar="ID", help="Only this device; again for more.")]
Metrics = Annotated[list[str] | None, typer.Option("--metric", metavar="NAME", help="Only this metric; again for more.")]


def command(
    out: Annotated[
        str,
        typer.Option("--out", metavar="FILE", help="Where to: a file, which has its name once it is whole, or - for stdout."),
    ],
    what: Annotated[
        Literal["readings", "windows"], typer.Option(help="Readings as they count, or figures of windows.")
    ] = "readings",
    start: From = None,
    end: To = None,
    devices: Devices = None,
    metrics: Metrics = None,
    window: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Of windows: how long each is, such as PT15M.  [default: PT1H]")
    ] = None,
    calendar: Annotated[Literal["utc", "site"], typer.Option(help="Of windows of P1D: whose days.")] = "utc",
    format_: Annotated[
        Literal["csv", "parquet", "arrow"] | None,
        typer.Option("--format", help="The format.  [default: what the file's name says, else csv]"),
    ] = None,
    data: Data = None,
    event_log: EventLog = None,
    key: Key = None,
    config: Config = None,
    log_level: LogLevel = None,
    *,
    original: Annotated[
        bool, typer.Option("--original", help="Of readings: what the device sent, beside what counts.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Export readings or windows, from the store and the archive alike, corrected and with their units.

    A running house is asked over its API, for which any key will do that may read.
    """
    settings = settings_from(config, data=data, event_log=event_log, key=key, log_level=log_level or "warning")
    kind = format_ or _FORMATS.get(Path(out).suffix, "csv")
    pairs = [("what", what), ("format", kind), ("calendar", calendar), ("original", str(original).lower())]
    pairs += [("window", window)] if window is not None else []
    pairs += asked(start, end, devices, metrics)
    if out == "-" and as_json:
        raise SettingsError("--json tells on stdout what was written, so the table itself needs a file: name one with --out")
    size = run(_export(settings, pairs, out, quiet=as_json or out == "-"))
    if as_json:
        typer.echo(json.dumps({"what": what, "format": kind, "out": out, "bytes": size}))
    elif out != "-":
        typer.echo(f"{out}: {what} as {kind}, {size:,} bytes")


def asked(start: str | None, end: str | None, devices: list[str] | None, metrics: list[str] | None) -> list[tuple[str, str]]:
    """What these options ask of an export."""
    times = [(name, moment(f"--{name}", text)) for name, text in (("from", start), ("to", end)) if text is not None]
    return [*times, *(("device", one) for one in devices or ()), *(("metric", one) for one in metrics or ())]


async def _export(settings: Settings, pairs: Pairs, out: str, *, quiet: bool) -> int:
    with bar(Path(out).name, quiet=quiet) as progress:
        async with exported(settings, pairs) as parts:
            return await _to_stdout(parts) if out == "-" else await write_file(parts, Path(out), progress)


async def _to_stdout(parts: AsyncIterator[bytes]) -> int:
    size = 0
    try:
        async for part in parts:
            size += sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # whoever read it has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return size


@contextmanager
def bar(name: str, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """How many bytes came so far, from the first on: how many there will be, nobody knows before."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn())
    shown = Progress(*columns, console=Console(stderr=True), disable=quiet)
    task = shown.add_task(name, total=None)

    def progress(size: int) -> None:
        shown.start()
        shown.update(task, completed=size)

    try:
        yield progress
    finally:
        if shown.live.is_started:
            shown.stop()
