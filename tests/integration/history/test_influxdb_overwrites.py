"""Windows that a real InfluxDB is given again and again, in no order, while it writes them to many files: the last stands."""

import random
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from adapters.history.influx.history import InfluxHistory
from adapters.history.port import KeptWindows, SeriesKey, SeriesRange
from domain.windows import Span, windows_of
from schema.envelope import Cursor, Position
from schema.times import DAY_US, MINUTE_US
from tests.support import influx

pytestmark = pytest.mark.influxdb

KEYS = [SeriesKey("climate-1", f"air-{number}", "temperature") for number in range(4)]
MONDAY_US = 1_780_272_000 * 1_000_000
MINUTES = 7 * 24 * 60
ROUNDS = 12
SMALL_FILES = ("--storage-cache-snapshot-memory-size", str(1 << 20))


def some_of_a_week(shuffle: random.Random, version: int) -> KeptWindows:
    """Most minutes of each series, in no order, as of that position."""
    wanted = [(series, minute) for series in range(len(KEYS)) for minute in range(MINUTES) if shuffle.random() < 0.9]
    shuffle.shuffle(wanted)
    series, minutes = np.array(wanted, np.int64).T
    windows = windows_of(
        series, MONDAY_US + minutes * MINUTE_US, np.full(len(series), float(version)), np.zeros(len(series), np.int8)
    )
    order = np.array(shuffle.sample(range(len(windows)), len(windows)))
    position = np.full(len(windows), version, np.int64)
    return KeptWindows(Span.MINUTE, KEYS, replace(windows, revision=position).take(order), position)


async def test_a_window_that_was_written_again_has_its_last_value(tmp_path: Path) -> None:
    shuffle, last = random.Random(7), np.zeros((len(KEYS), MINUTES), np.int64)
    with influx.own(tmp_path, *SMALL_FILES) as server:
        history = await InfluxHistory.open(server.url())
        try:
            for version in range(1, ROUNDS + 1):
                kept = some_of_a_week(shuffle, version)
                last[kept.windows.series, (kept.windows.start - MONDAY_US) // MINUTE_US] = version
                await history.keep([kept], {}, Cursor("log", Position(version)))
            found = await history.windows(Span.MINUTE, [SeriesRange(key, MONDAY_US, MONDAY_US + 7 * DAY_US) for key in KEYS])
        finally:
            await history.close()
    assert np.array_equal(found.position.reshape(last.shape), last)
    assert np.array_equal(found.windows.first.reshape(last.shape), last)
