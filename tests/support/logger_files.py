"""The loggers of tunnel-1 read with `csv` and nothing of ours: an independent word on what was measured where and when."""

import csv
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

import duckdb

from tests.support.real_data import real_data

ROME = ZoneInfo("Europe/Rome")
SUMMER, WINTER = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
STEPPED_BACK = datetime(2021, 10, 31, 3)  # noqa: DTZ001 - what the loggers' clocks showed when they came by a second time
STEPPED_ON = STEPPED_BACK + timedelta(hours=1)


LOW, HIGH = -40.0, 80.0
SPIKES = {
    ("Temp_4ch_2", "probe-1", datetime.fromisoformat(text))
    for text in ("2021-10-30T09:15:00Z", "2021-11-12T12:30:00Z", "2022-03-26T15:00:00Z", "2022-05-24T01:45:00Z")
}
"""Temperatures that are within range and wrong."""


class Measured(NamedTuple):
    """A value, where it was measured and when."""

    device: str
    sensor: str
    time: datetime
    value: float


def logged(device: str) -> list[Measured]:
    """The temperatures of a logger, by column, where there are any."""
    with (real_data("tunnel-1") / f"{device}.csv").open(encoding="utf-8", newline="") as file:
        rows = [(int(row[0]), datetime.strptime(row[1], "%d/%m/%Y %H:%M:%S"), row[2:]) for row in list(csv.reader(file))[1:]]  # noqa: DTZ007 - no zone stands there
    found = []
    for (_, local, cells), time in zip(rows, _moments([(number, local) for number, local, _ in rows]), strict=True):
        del local
        found += [
            Measured(device, f"probe-{place}", time, float(cell))
            for place, cell in enumerate(cells, 1)
            if cell not in {"", "NaN"}
        ]
    return found


def is_true(one: Measured) -> bool:
    """Whether a temperature counts."""
    return LOW <= one.value <= HIGH and (one.device, one.sensor, one.time) not in SPIKES


def _moments(rows: list[tuple[int, datetime]]) -> list[datetime]:
    """Italian summer time until the clocks stepped back, and winter time ever after; the lower count came first."""
    doubled = sorted((number, place) for place, (number, local) in enumerate(rows) if STEPPED_BACK <= local < STEPPED_ON)
    again = {place for _, place in doubled[len(doubled) // 2 :]}
    zones = [WINTER if local >= STEPPED_ON or place in again else SUMMER for place, (_, local) in enumerate(rows)]
    return [local.replace(tzinfo=zone).astimezone(UTC) for (_, local), zone in zip(rows, zones, strict=True)]


def table(measured: list[Measured]) -> duckdb.DuckDBPyConnection:
    """A table `measured` (device, sensor, time, local, value) in memory; `local` is Italian time, both without a zone."""
    base = duckdb.connect()
    base.execute("CREATE TABLE measured (device TEXT, sensor TEXT, time TIMESTAMP, local TIMESTAMP, value DOUBLE)")
    columns = list(
        zip(
            *((one.device, one.sensor, _bare(one.time), _bare(one.time.astimezone(ROME)), one.value) for one in measured),
            strict=True,
        )
    )
    base.execute(
        "INSERT INTO measured SELECT unnest($1), unnest($2), unnest($3), unnest($4), unnest($5)",
        [list(column) for column in columns],
    )
    return base


def _bare(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
