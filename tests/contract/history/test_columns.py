"""Raw rows as columns: those of the ranges that were asked for, each once and in order."""

from datetime import UTC, datetime

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.history.port import History, HistoryRow, SeriesKey, SeriesRange
from adapters.history.raw_rows import raw_rows
from domain.rows import QUALITIES
from schema.envelope import Position
from schema.events import Quality
from schema.ids import EventId, device_event_id

START_US = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
HOUR = 3_600_000_000
AIR = SeriesKey("tomato-1", "air", "temperature")
SOIL = SeriesKey("tomato-1", "soil", "temperature")


def row(number: int, after_us: int, key: SeriesKey = AIR, *, event_id: EventId | None = None) -> HistoryRow:
    quality = QUALITIES[number % 3]
    identity = event_id or device_event_id(key.device, f"{key.sensor}-{number}")
    moment = START_US + after_us
    return HistoryRow(
        key.device, key.sensor, key.metric, moment, number / 7, "degC", quality, identity, moment, number, Position(number)
    )


async def test_the_rows_of_each_range_come_in_order_with_their_qualities(history: History) -> None:
    await history.write(raw_rows([row(2, 20), row(1, 10), row(3, 30), row(4, 15, SOIL)]))
    ranges = [SeriesRange(SOIL, START_US, START_US + HOUR), SeriesRange(AIR, START_US + 10, START_US + 30)]
    columns = await history.columns(ranges)
    assert columns.starts.tolist() == [0, 1, 3]
    assert (columns.times - START_US).tolist() == [15, 10, 20]
    assert columns.values.tolist() == [4 / 7, 1 / 7, 2 / 7]
    assert [QUALITIES[code] for code in columns.quality] == [Quality.SUSPECTED, Quality.SUSPECTED, Quality.BAD]
    assert columns.ids.dtype == np.uint64
    first = int(columns.ids[1, 0]).to_bytes(8, "big") + int(columns.ids[1, 1]).to_bytes(8, "big")
    assert first == row(1, 10).event_id


async def test_ranges_that_hold_nothing_are_there_and_empty(history: History) -> None:
    assert (await history.columns([])).starts.tolist() == [0]
    nothing = [SeriesRange(AIR, START_US, START_US + HOUR), SeriesRange(SOIL, 0, 1)]
    assert (await history.columns(nothing)).starts.tolist() == [0, 0, 0]


async def test_one_series_may_be_asked_for_in_parts_far_from_one_another(history: History) -> None:
    await history.write(raw_rows([row(1, 0), row(2, 400 * 24 * HOUR), row(3, 200 * 24 * HOUR)]))
    parts = [SeriesRange(AIR, START_US + days * 24 * HOUR, START_US + days * 24 * HOUR + 1) for days in (400, 0)]
    columns = await history.columns(parts)
    assert columns.values.tolist() == [2 / 7, 1 / 7]


async def test_what_lies_between_two_ranges_of_a_series_is_left_out(history: History) -> None:
    await history.write(raw_rows([row(number, number * 10, key) for number in range(12) for key in (AIR, SOIL)]))
    parts = [(AIR, 90, 110), (SOIL, 0, 10), (AIR, 20, 30), (AIR, 30, 41), (SOIL, 110, 120)]
    columns = await history.columns([SeriesRange(key, START_US + start, START_US + end) for key, start, end in parts])
    assert columns.starts.tolist() == [0, 2, 3, 4, 6, 7]
    assert ((columns.times - START_US) // 10).tolist() == [9, 10, 0, 2, 3, 4, 11]


async def test_a_row_that_several_ranges_hold_comes_with_each(history: History) -> None:
    await history.write(raw_rows([row(number, number * 10) for number in range(10)]))
    parts = [(50, 80), (0, 100), (60, 70), (20, 60), (50, 80), (90, 95)]
    columns = await history.columns([SeriesRange(AIR, START_US + start, START_US + end) for start, end in parts])
    found = np.split((columns.times - START_US) // 10, columns.starts[1:-1])
    assert [part.tolist() for part in found] == [list(range(start // 10, -(-end // 10))) for start, end in parts]


async def test_rows_written_twice_come_once_and_two_of_one_instant_both(history: History) -> None:
    twin = row(5, 10, event_id=EventId(bytes(16)))
    await history.write(raw_rows([row(1, 10), twin]))
    await history.write(raw_rows([row(1, 10)]))
    columns = await history.columns([SeriesRange(AIR, START_US, START_US + HOUR)])
    assert columns.values.tolist() == [5 / 7, 1 / 7]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=40), data=st.data())
async def test_any_rows_in_any_order_give_the_same_columns(
    history: History, places: list[tuple[int, bool]], data: st.DataObject
) -> None:
    rows = [row(number, after, SOIL if soil else AIR) for number, (after, soil) in enumerate(places)]
    ranges = [SeriesRange(AIR, START_US, START_US + HOUR), SeriesRange(SOIL, START_US + 5, START_US + 30)]
    await history.reset()
    await history.write(raw_rows(rows))
    first = await history.columns(ranges)
    await history.reset()
    again = data.draw(st.permutations(rows + rows[: len(rows) // 2]))
    await history.write(raw_rows(again))
    second = await history.columns(ranges)
    for name in ("starts", "times", "values", "quality", "ids"):
        assert getattr(first, name).tolist() == getattr(second, name).tolist()
