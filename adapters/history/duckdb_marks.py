"""The watermarks of devices in DuckDB."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
from duckdb import DuckDBPyConnection

from adapters.history.port import Watermark
from schema.envelope import Position


def replace(cursor: DuckDBPyConnection, watermarks: Mapping[str, Watermark]) -> None:
    """Put these in the place of those of the same devices."""
    if not watermarks:
        return
    marks = watermarks.values()
    cursor.register(
        "marked",
        pa.table(
            {
                "device": pa.array(list(watermarks), pa.string()),
                "time_us": pa.array([mark.time_us for mark in marks], pa.int64()),
                "recorded_us": pa.array([mark.recorded_us for mark in marks], pa.int64()),
                "position": pa.array([mark.position for mark in marks], pa.int64()),
                "site": pa.array([mark.site for mark in marks], pa.string()),
                "zone": pa.array([mark.zone for mark in marks], pa.string()),
            }
        ),
    )
    cursor.execute("DELETE FROM watermark WHERE device IN (SELECT device FROM marked)")
    cursor.execute("INSERT INTO watermark SELECT * FROM marked")


def read(cursor: DuckDBPyConnection, devices: Sequence[str] | None) -> Mapping[str, Watermark]:
    """By device."""
    only, values = ("", None) if devices is None else ("WHERE device IN (SELECT unnest($devices))", {"devices": list(devices)})
    select = f"SELECT device, time_us, recorded_us, position, site, zone FROM watermark {only}"  # noqa: S608  # ours
    found = cursor.execute(select, values).fetchall()
    return {
        device: Watermark(time_us, recorded_us, Position(position), site, zone)
        for device, time_us, recorded_us, position, site, zone in found
    }
