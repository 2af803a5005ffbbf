"""In InfluxDB a point is its series and its time: readings that want the same one all live, each once."""

import random
from collections.abc import AsyncIterator, Sequence

import pytest
from msgspec.structs import replace

from adapters.history.influx import ranges
from adapters.history.influx.connection import Series
from adapters.history.influx.history import InfluxHistory
from adapters.history.influx.points import SLOTS, first_slot
from adapters.history.port import HistoryRow, RangeQuery, SeriesKey, SeriesRange
from adapters.history.raw_rows import raw_rows
from schema.envelope import Position
from schema.events import Quality
from schema.ids import EventId
from tests.support import influx

pytestmark = pytest.mark.influxdb

INSTANT_US = 1_780_000_000_000_123


def clashing(number: int, *, slot: int = 5) -> EventId:
    """Ids that differ, and want the same slot of their millisecond."""
    return number.to_bytes(10) + slot.to_bytes(6)


def row(number: int, *, slot: int = 5, later_us: int = 0) -> HistoryRow:
    return HistoryRow(
        device="tomato-1",
        sensor="air",
        metric="temperature",
        timestamp_us=INSTANT_US + later_us,
        value=float(number),
        unit="degC",
        quality=Quality.GOOD,
        event_id=clashing(number, slot=slot),
        recorded_us=INSTANT_US,
        revision=number,
        position=Position(number),
    )


@pytest.fixture
async def history() -> AsyncIterator[InfluxHistory]:
    with influx.history_url() as url:
        opened = await InfluxHistory.open(url)
        yield opened
        await opened.close()


async def write(history: InfluxHistory, rows: Sequence[HistoryRow]) -> None:
    await history.write(raw_rows(rows))


async def stored(history: InfluxHistory) -> list[HistoryRow]:
    return await history.readings(RangeQuery(device="tomato-1", limit=10_000))


async def test_readings_that_want_the_same_point_all_live_whether_they_come_together_or_apart(history: InfluxHistory) -> None:
    rows = [row(number) for number in range(60)]
    assert {first_slot(each.event_id) for each in rows} == {5}
    await write(history, rows[:30])
    for each in rows[30:]:
        await write(history, [each])
    assert await stored(history) == rows


async def test_they_live_as_well_where_the_millisecond_ends(history: InfluxHistory) -> None:
    rows = [row(number, slot=SLOTS - 2) for number in range(5)] + [row(9, slot=SLOTS - 1, later_us=1000)]
    for each in rows:
        await write(history, [each])
    assert await stored(history) == rows


async def test_readings_that_come_again_in_any_order_land_on_their_own_points(history: InfluxHistory) -> None:
    shuffle = random.Random(8)
    rows = [row(number, slot=number % 3, later_us=number % 7 * 400) for number in range(200)]
    for _ in range(3):
        again = shuffle.sample(rows, len(rows))
        for start in range(0, len(again), 50):
            await write(history, again[start : start + 50])
    assert await history.count() == len(rows)
    assert await stored(history) == sorted(rows, key=lambda each: (each.timestamp_us, each.event_id))


async def test_another_process_that_goes_on_finds_the_points_of_the_one_before() -> None:
    with influx.history_url() as url:
        for numbers in (range(20), range(10, 40)):
            history = await InfluxHistory.open(url)
            await write(history, [row(number) for number in numbers])
            await history.close()
        history = await InfluxHistory.open(url)
        assert await stored(history) == [row(number) for number in range(40)]
        await history.close()


async def test_what_is_newer_than_its_series_is_written_without_a_question(
    history: InfluxHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(history, [row(1)])
    asked: list[str] = []

    def ask(question: str) -> list[list[Series]]:
        asked.append(question)
        raise AssertionError

    monkeypatch.setattr(history._places, "_ask", ask)
    await write(history, [row(2, later_us=1000), row(3, later_us=2000)])
    assert asked == []


async def test_late_readings_that_lie_far_apart_are_asked_for_in_few_questions(
    history: InfluxHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    hour_us = 3_600_000_000
    rows = [row(number, later_us=number * hour_us) for number in range(1000)]
    await write(history, rows)
    asked: list[str] = []
    really = history._places._ask

    def ask(question: str) -> list[list[Series]]:
        asked.append(question)
        return really(question)

    monkeypatch.setattr(history._places, "_ask", ask)
    late = [replace(each, timestamp_us=each.timestamp_us + 1, event_id=clashing(5000 + n)) for n, each in enumerate(rows)]
    await write(history, late)
    assert await history.count() == 2000
    assert len(asked) < 10


@pytest.mark.parametrize("values", [6, 100_000])
async def test_series_come_whole_however_few_points_an_answer_holds(
    history: InfluxHistory, monkeypatch: pytest.MonkeyPatch, values: int
) -> None:
    rows = [replace(row(n, later_us=n * 1000), device=f"tomato-{n % 3}") for n in range(60)]
    await write(history, rows)
    wanted = [SeriesRange(SeriesKey(f"tomato-{n}", "air", "temperature"), INSTANT_US, INSTANT_US + 60_000) for n in range(3)]
    expected = (await history.content_hashes())["raw"]
    monkeypatch.setattr(ranges, "_VALUES", values)
    monkeypatch.setattr(ranges, "_PAGE", 2)
    columns = await history.columns(wanted)
    assert columns.values.tolist() == [float(n) for device in range(3) for n in range(device, 60, 3)]
    assert (await history.content_hashes())["raw"] == expected
