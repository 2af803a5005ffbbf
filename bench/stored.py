"""A DuckDB history filled by statements: raw rows of many devices, and their windows, whose sketches are made up."""

from pathlib import Path
from typing import Final

from duckdb import DuckDBPyConnection

from adapters.history.duckdb import DuckDbHistory
from adapters.history.duckdb_file import DuckDbFile
from domain.windows import Span
from schema.times import DAY_US, HOUR_US, MINUTE_US, QUARTER_US

START_US: Final = 20_000 * DAY_US
CADENCE_US: Final = 10_000_000
LENGTHS: Final = {
    Span.MINUTE: MINUTE_US,
    Span.QUARTER: QUARTER_US,
    Span.HOUR: HOUR_US,
    Span.DAY: DAY_US,
    Span.SITE_DAY: DAY_US,
}


async def stored(folder: Path, rows: int, devices: int) -> tuple[DuckDbFile, DuckDbHistory]:
    """Devices that speak every ten seconds, of one metric, `rows` in all; and the file beneath."""
    file = await DuckDbFile.open(folder / f"history-{rows}.duckdb", memory="256MB", threads=2)
    await file.write(lambda cursor: fill(cursor, rows, devices, CADENCE_US))
    return file, DuckDbHistory(file)


def fill(cursor: DuckDBPyConnection, rows: int, devices: int, cadence_us: int) -> None:
    """The same in a file that is open."""
    cursor.execute("SET preserve_insertion_order = true")
    cursor.execute(
        "INSERT INTO reading SELECT 'climate-' || (n % $devices), 'main', 'temperature', $start + n // $devices * $cadence, "
        "20 + n % 97 / 10 + sin(n / 8640.0), 'degC', 'good', md5(n::VARCHAR)::UUID, "
        "$start + n // $devices * $cadence, n // $devices, n + 1 FROM range($rows) numbers(n)",
        {"devices": devices, "start": START_US, "cadence": cadence_us, "rows": rows},
    )
    for span, length in LENGTHS.items():
        cursor.execute(
            f"INSERT INTO window_{span} SELECT device, sensor, metric, timestamp_us // $length * $length AS start_us, "
            "count(*), 0, 0, sum(value), min(value), max(value), first(value ORDER BY timestamp_us), "
            "last(value ORDER BY timestamp_us), range(1500, 1532)::INTEGER[], "
            "list_resize([]::BIGINT[], 32, 1), 0, max(position) "
            "FROM reading GROUP BY ALL ORDER BY start_us, device",
            {"length": length},
        )
    cursor.execute(
        "INSERT INTO watermark SELECT device, max(timestamp_us), max(recorded_us), max(position), 'farm', 'UTC' "
        "FROM reading GROUP BY device"
    )
    cursor.execute("INSERT INTO checkpoint VALUES ('log', $rows)", {"rows": rows})
