"""Windows: the same figures whatever the order, the delay, the doubling and the cuts of the input."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.history.duckdb import DuckDbHistory
from adapters.history.port import History, HistoryRow, SeriesKey, SeriesRange
from adapters.history.raw_rows import raw_rows
from domain.corrections import Correction
from domain.quality_rules import Rule, RuleBook
from domain.windows import Span
from projections.decision_state import DecisionRecord, DecisionState, DeviceDecisions
from projections.incoming import Zoned
from projections.rules import WindowRules
from projections.watermarks import Lateness
from schema.envelope import Position
from schema.events import Operation, Quality
from schema.ids import device_event_id
from schema.times import MINUTE_US
from tests.support.making import Nowhere, cut, feed, maker

START_US = 1_780_272_000_000_000
HOUR_US = 60 * MINUTE_US
TEMPERATURE = SeriesKey("tomato-1", "air", "temperature")
RULES = WindowRules(
    lateness=Lateness(allowed_us=10 * MINUTE_US, idle_us=HOUR_US),
    quality=RuleBook(
        {"temperature": Rule(low=-40, high=80, spike=5, jump=10, rate=1, flat_minutes=40, flat_readings=3, gap_minutes=30)}
    ),
)


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[DuckDbHistory]:
    opened = await DuckDbHistory.open(tmp_path / "history.duckdb", memory="128MB", threads=1)
    yield opened
    await opened.close()


def rows_of(readings: Sequence[tuple[int, float, float | None]], *, device: str = "tomato-1") -> list[HistoryRow]:
    """Readings of (seconds since the start, temperature, humidity), each an event of its own."""
    rows = []
    for number, (second, temperature, humidity) in enumerate(readings):
        for metric, value in (("temperature", temperature), ("humidity", humidity)):
            if value is not None:
                moment = START_US + second * 1_000_000
                event_id = device_event_id(device, str(number))
                rows.append(
                    HistoryRow(
                        device, "air", metric, moment, value, None, Quality.GOOD, event_id, moment, number, Position(number + 1)
                    )
                )
    return rows


steps = st.one_of(st.integers(0, 90), st.sampled_from([300, 900, 1500, 1801, 7200, 30_000]))
values = st.sampled_from([20.0, 20.0, 20.0, 20.5, 21.0, 27.0, 35.0, 100.0, -60.0, 12.0])
readings = st.lists(
    st.tuples(steps, values, st.one_of(st.none(), st.sampled_from([50.0, 60.0, 101.0]))), min_size=1, max_size=60
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(told=readings, data=st.data())
async def test_any_order_doubling_and_cut_with_restarts_gives_the_same_figures(
    history: DuckDbHistory, told: list[tuple[int, float, float | None]], data: st.DataObject
) -> None:
    second, placed = 0, []
    for step, temperature, humidity in told:
        second += step
        placed.append((second, temperature, humidity))
    rows = rows_of(placed)
    decisions = data.draw(st.sampled_from([None, corrected(Operation.EXCLUDE, 60, 4_000), corrected(Operation.SCALE, 60, 900)]))
    await history.reset()
    await feed(history, [rows], RULES, decisions=decisions)
    expected = await history.content_hashes()
    await history.reset()
    order = data.draw(st.one_of(st.just(rows), st.permutations(rows + rows[: len(rows) // 3])), label="order")
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=4), label="sizes")
    restarts = data.draw(st.lists(st.booleans(), max_size=20), label="restarts")
    await feed(history, cut(order, sizes), RULES, restarts=restarts, decisions=decisions)
    assert await history.content_hashes() == expected


async def test_a_sensor_that_is_heard_again_after_hours_leaves_the_minutes_before_as_they_were(history: DuckDbHistory) -> None:
    often = [(29, 20.0, 50.0)] * 4 + [
        (75, 20.0, 50.0),
        (121, 20.0, None),
        (184, 20.0, 50.0),
        (236, 20.0, 50.0),
        (295, 20.0, None),
    ]
    later = [(30_295, -60.0, 50.0), (30_303, -60.0, None), (30_349, 20.0, 50.0), (30_437, 20.0, None), (30_464, 20.0, None)]
    again = [(37_664, 20.0, None), (37_723, 20.0, None), (37_723, 20.0, 50.0), (37_723, 20.0, 50.0)]
    rows = rows_of([*often, *later, *again])
    await feed(history, [rows], RULES)
    expected = await history.content_hashes()
    await history.reset()
    await feed(history, cut(rows, [3, 7, 4]), RULES)
    assert await history.content_hashes() == expected


def corrected(operation: Operation, start: int, end: int) -> DecisionState:
    """Temperatures in these seconds were excluded, or scaled beyond all numbers."""
    state = DecisionState()
    start_us, end_us = (START_US + second * 1_000_000 for second in (start, end))
    correction = Correction("one", None, "temperature", start_us, end_us, operation, 1.7e308, "a test", None, 0)
    state.put(DecisionRecord(DeviceDecisions("tomato-1", 1, (correction,))))
    return state


async def test_what_people_excluded_is_nobodys_neighbour(history: DuckDbHistory) -> None:
    rows = rows_of([(60 * n, value, None) for n, value in enumerate([20.0, 20.1, 34.0, 34.1, 34.0, 20.2, 20.1])])
    await feed(history, cut(rows, [2]), RULES)
    assert any(one[3] for one in await figures(history, Span.MINUTE))
    await history.reset()
    await feed(history, cut(rows, [2]), RULES, decisions=corrected(Operation.EXCLUDE, 120, 300))
    found = await figures(history, Span.MINUTE)
    assert [one[1:4] for one in found] == [(1, 0, 0), (1, 0, 0), (0, 1, 0), (0, 1, 0), (0, 1, 0), (1, 0, 0), (1, 0, 0)]


async def figures(history: History, span: Span, key: SeriesKey = TEMPERATURE) -> list[tuple[Any, ...]]:
    """Start in minutes, count, bad, suspected, mean and revision of each window."""
    windows = (await history.windows(span, [SeriesRange(key, 0, 2**60)])).windows
    columns = (
        (windows.start - START_US) // MINUTE_US,
        windows.count,
        windows.bad,
        windows.suspected,
        windows.mean.round(6),
        windows.revision,
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


async def test_a_spike_is_bad_once_the_reading_after_it_is_there(history: DuckDbHistory) -> None:
    rows = rows_of([(0, 20.0, None), (60, 20.1, None), (120, 35.0, None), (180, 20.2, None), (240, 20.1, None)])
    await feed(history, [rows[:3]], RULES)
    assert [one[:3] for one in await figures(history, Span.MINUTE)] == [(0, 1, 0), (1, 1, 0), (2, 1, 0)]
    await history.reset()
    await feed(history, cut(rows, [1]), RULES)
    assert [one[:3] for one in await figures(history, Span.MINUTE)] == [(0, 1, 0), (1, 1, 0), (2, 0, 1), (3, 1, 0), (4, 1, 0)]
    assert (await figures(history, Span.HOUR))[0][:3] == (0, 4, 1)


async def test_indices_are_windows_like_any_other_and_follow_their_inputs(history: DuckDbHistory) -> None:
    rows = rows_of([(0, 25.0, 60.0), (30, 25.0, None), (60, 25.0, 101.0)])
    await feed(history, cut(rows, [1, 2]), RULES)
    key = SeriesKey("tomato-1", "air", "dew_point")
    assert await figures(history, Span.MINUTE, key) == [
        (0, 1, 0, 0, pytest.approx(16.7, abs=0.05), 0),
        (1, 0, 1, 0, pytest.approx(float("nan"), nan_ok=True), 0),
    ]


async def test_what_comes_after_a_window_was_final_revises_it_and_all_that_it_is_in(history: DuckDbHistory) -> None:
    rows = rows_of([(0, 20.0, None), (600, 20.0, None), (3_500, 20.0, None), (20, 22.0, None), (30, 21.0, None)])
    await feed(history, cut(rows, [3, 1, 1]), RULES)
    assert [(one[0], one[1], one[5]) for one in await figures(history, Span.MINUTE)] == [(0, 3, 2), (10, 1, 0), (58, 1, 0)]
    assert [(one[0], one[1], one[5]) for one in await figures(history, Span.QUARTER)] == [(0, 4, 2), (45, 1, 0)]
    assert [(one[1], one[5]) for one in await figures(history, Span.HOUR)] == [(5, 0)]


async def test_a_replay_after_a_crash_counts_no_revision_twice(history: DuckDbHistory) -> None:
    rows = rows_of([(0, 20.0, None), (3_500, 20.0, None), (20, 22.0, None), (30, 21.0, None)])
    await feed(history, cut(rows, [2, 1, 1]), RULES)
    before = await figures(history, Span.MINUTE)
    await feed(history, [rows[2:]], RULES)
    await feed(history, [rows], RULES)
    assert await figures(history, Span.MINUTE) == before


async def test_the_days_of_a_site_are_those_of_its_zone(history: DuckDbHistory) -> None:
    rows = rows_of([(0, 20.0, None), (2 * 3600, 20.0, None), (13 * 3600, 21.0, None), (13 * 3600 + 1800, 22.0, None)])
    await feed(history, cut(rows, [2]), RULES, zone="Australia/Lord_Howe")
    assert [one[:2] for one in await figures(history, Span.SITE_DAY)] == [(-630, 2 + 1), (810, 1)]
    assert [one[:2] for one in await figures(history, Span.DAY)] == [(0, 4)]


async def test_the_days_of_a_site_are_made_anew_in_its_new_zone_and_nothing_else_is(history: DuckDbHistory) -> None:
    places = Nowhere("Europe/Rome")
    making = await maker(history, RULES, places=places)
    rows = rows_of([(3600 * hour, 20.0 + hour % 5, 50.0) for hour in range(0, 50, 2)])
    written = raw_rows(rows)
    await history.write(written)
    await making.make([written], Position(100))
    before, other = await figures(history, Span.SITE_DAY), await history.content_hashes()
    places.named = "Asia/Kolkata"
    await making.make([Zoned("farm", Position(101))], Position(101))
    assert [one[:2] for one in await figures(history, Span.SITE_DAY)] == [(-330, 10), (1110, 12), (2550, 3)]
    now = await history.content_hashes()
    assert {span for span, found in now.items() if found != other[span]} == {Span.SITE_DAY}
    places.named = "Europe/Rome"
    await (await maker(history, RULES, places=places, position=101)).make([Zoned("farm", Position(102))], Position(102))
    assert await figures(history, Span.SITE_DAY) == before


async def test_a_zone_that_is_decided_again_as_it_was_costs_no_day(history: DuckDbHistory) -> None:
    rows = rows_of([(0, 20.0, None)])
    await feed(history, [rows], RULES, zone="Europe/Rome")
    before = (await history.windows(Span.SITE_DAY, [SeriesRange(TEMPERATURE, 0, 2**60)])).position
    await (await maker(history, RULES, zone="Europe/Rome")).make([Zoned("farm", Position(9))], Position(9))
    assert (await history.windows(Span.SITE_DAY, [SeriesRange(TEMPERATURE, 0, 2**60)])).position.tolist() == before.tolist()
