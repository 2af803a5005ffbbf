"""Data folders whose read models are rebuilt: filled, asked, and damaged as a broken disk would."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from adapters.event_log.port import ANY, Append, EventLog
from adapters.event_log.sqlite import SqliteEventLog
from glasshouse.rebuilding import rebuilder
from glasshouse.settings import Settings
from glasshouse.versions.job import Order
from projections.rebuilds import Action, RebuildRefusedError, RebuildReport
from schema.events import SiteDefined
from tests.support.house_events import Said, pack, reading
from tests.support.up import glasshouse

SECONDS_APART = 40


def said(number: int, devices: int = 20) -> Said:
    """Readings of a few devices, over several days; each hundredth comes much later than it was measured."""
    late = number * SECONDS_APART - 20_000 if number % 100 == 0 else number * SECONDS_APART
    device, temperature, humidity = f"tomato-{number % devices}", 20.0 + number % 7, 50.0 + number % 30
    return reading(device, late, own_id=str(number), temperature=temperature, humidity=humidity)


async def tell_all(log: EventLog, numbers: Sequence[int], *, at_once: int = 5_000) -> None:
    """Append these readings."""
    for start in range(0, len(numbers), at_once):
        streams: dict[str, list[Any]] = {}
        for stream, event in map(said, numbers[start : start + at_once]):
            streams.setdefault(stream, []).append(event)
        await log.append([Append(stream, ANY, events) for stream, events in streams.items()])


async def data_folder(folder: Path, events: int) -> Path:
    """A data folder whose log holds so many readings, of a site with days of its own."""
    folder.mkdir()
    log = await SqliteEventLog.open(folder / "events.db")
    stream, site = pack("site-farm", SiteDefined(site_id="farm", time_zone="Australia/Lord_Howe"))
    await log.append([Append(stream, ANY, [site])])
    await tell_all(log, range(events))
    await log.close()
    return folder


async def done(data: Path, name: str, action: Action = Action.REBUILD, **options: Any) -> RebuildReport:
    """What comes of a rebuild on the files of a house that does not run. `options` are settings, `accept` and `anew`."""
    flags = {name: options.pop(name) for name in ("accept", "anew") if name in options}
    async with rebuilder(Settings(data=str(data), **options)) as place:
        try:
            return await place.run(Order(name, action, **flags), lambda _: None)
        except RebuildRefusedError as error:
            refused = error
    raise refused  # alone: a context with tasks would have put it into a group


async def told(*arguments: str, data: Path, code: int = 0) -> dict[str, Any]:
    """The report that the command `rebuild` or `verify` prints."""
    ended, out, err = await glasshouse(*arguments, "--data", str(data), "--json")
    assert ended == code, (ended, out, err)
    report: dict[str, Any] = json.loads(out)
    return report


def flip(history: Path, table: str, column: str) -> tuple[str, int]:
    """Change one figure in the file of a history; its device and its time in microseconds."""
    when = "timestamp_us" if table == "reading" else "start_us"
    with duckdb.connect(history) as connection:
        picked = f"SELECT device, sensor, metric, {when} FROM {table} ORDER BY ALL LIMIT 1 OFFSET 7"
        device, sensor, metric, at = connection.execute(picked).fetchall()[0]
        where = f"device = ? AND sensor = ? AND metric = ? AND {when} = ?"
        connection.execute(f"UPDATE {table} SET {column} = {column} + 0.001 WHERE {where}", [device, sensor, metric, at])
    return device, at
