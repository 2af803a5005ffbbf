"""The oracle looks at a real history through its port: all there, one gone, none twice."""

from pathlib import Path

import numpy as np
import pytest

from adapters.event_log.port import ANY, Append
from adapters.history.duckdb import DuckDbHistory
from adapters.history.port import HistoryRow, KeptWindows, SeriesKey
from adapters.history.raw_rows import raw_rows
from domain.rows import QUALITIES
from domain.windows import Span, windows_of
from glasshouse.oracle.audit import audit
from glasshouse.oracle.probe import HashPair, HistoryProbe
from glasshouse.simulator.ledger import Ledger, Line
from schema.envelope import Cursor, Metadata, Position
from schema.events import Quality, SensorReading
from schema.ids import device_event_id, format_event_id
from schema.registry import REGISTRY
from schema.times import DAY_US, from_micros
from tests.support.memory_log import MemoryLog

START_US = 1_782_000_000_000_000
COUNT = 30


def row(number: int, metric: str) -> HistoryRow:
    bad = Quality.BAD if number % 7 == 0 else Quality.GOOD
    return HistoryRow(
        device="d",
        sensor="main",
        metric=metric,
        timestamp_us=START_US + number * 3_600_000_000,
        value=float(number),
        unit=None,
        quality=bad,
        event_id=device_event_id("d", str(number)),
        recorded_us=START_US,
        revision=number,
        position=Position(number),
    )


async def house(folder: Path) -> tuple[Path, MemoryLog]:
    path, log = folder / "ledger.jsonl", MemoryLog()
    ledger = Ledger(path)
    ids = [device_event_id("d", str(number)) for number in range(COUNT)]
    await ledger.begin([Line(device="d", sequence=n, sent=1, event_id=format_event_id(each)) for n, each in enumerate(ids)])
    await ledger.close()
    meta = Metadata(schema_version=1, source="test", received_at=from_micros(START_US))
    for number, each in enumerate(ids):
        event = SensorReading(
            device_id="d",
            sensor_id="main",
            timestamp=from_micros(row(number, "co2").timestamp_us),
            reading={"temperature": float(number), "co2": float(number)},
        )
        await log.append([Append("device-d", ANY, [REGISTRY.pack(each, event, meta)])])
    return path, log


async def windowed(history: DuckDbHistory, rows: list[HistoryRow]) -> None:
    """The rows, and windows of a day that count them, as a projection that counts rightly makes them."""
    await history.write(raw_rows(rows))
    made = [row for row in rows if row.metric == "temperature"], [row for row in rows if row.metric == "co2"]
    series, times, values, quality = (
        np.array([one for number, part in enumerate(made) for one in column(number, part)])
        for column in (
            lambda number, part: [number] * len(part),
            lambda _, part: [row.timestamp_us // DAY_US * DAY_US for row in part],
            lambda _, part: [row.value for row in part],
            lambda _, part: [QUALITIES.index(row.quality) for row in part],
        )
    )
    windows = windows_of(series, times, values, quality.astype(np.int8))
    keys = [SeriesKey("d", "main", "temperature"), SeriesKey("d", "main", "co2")]
    nothing = np.zeros(len(windows), np.int64)
    await history.keep([KeptWindows(Span.DAY, keys, windows, nothing)], {}, Cursor("log", Position(COUNT)))


async def same() -> dict[str, HashPair]:
    return {"history": HashPair("same", "same")}


@pytest.mark.parametrize(("kept", "written", "missing"), [(COUNT, 1, 0), (COUNT, 2, 0), (COUNT - 1, 1, 2)])
async def test_a_history_is_compared_reading_by_reading_and_sum_by_sum(
    tmp_path: Path, kept: int, written: int, missing: int
) -> None:
    ledger, log = await house(tmp_path)
    history = await DuckDbHistory.open(tmp_path / "history.duckdb")
    rows = [row(number, metric) for number in range(kept) for metric in ("temperature", "co2")]
    for _ in range(written):
        await windowed(history, rows)
    report = await audit(ledger, log, HistoryProbe(history), hashes=same)
    await history.close()
    assert (report.double_counted, report.missing, report.invented) == (0, missing, 0)
    assert report.ok is (missing == 0)
