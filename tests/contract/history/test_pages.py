"""Pages of readings, forwards and backwards, of any size and while rows come in: the same rows in the same order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.history.port import History, HistoryRow, RangeQuery, key_of
from adapters.history.raw_rows import raw_rows
from schema.envelope import Position
from schema.events import Quality
from schema.ids import device_event_id
from schema.times import from_micros, to_micros

START_US = to_micros(datetime(2026, 6, 1, 23, 59, 50, tzinfo=UTC))
SLOW = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
METRICS = ("temperature", "humidity")


@st.composite
def said(draw: st.DrawFn) -> list[tuple[int, int]]:
    """When a device measured, and what, in the order in which the log took it: often at one instant, and over midnight."""
    milliseconds = st.sampled_from([0, 0, 0, 1, 2, 500, 9_999, 10_000, 10_001, 20_000, 86_400_000])
    return draw(st.lists(st.tuples(milliseconds, st.integers(0, 1)), min_size=1, max_size=30))


def rows_of(device: str, moments: Sequence[tuple[int, int]]) -> list[HistoryRow]:
    return [
        HistoryRow(
            device,
            "air",
            METRICS[metric],
            START_US + milliseconds * 1000,
            float(number),
            None,
            Quality.GOOD,
            device_event_id(device, str(number)),
            START_US + number,
            number,
            Position(number + 1),
        )
        for number, (milliseconds, metric) in enumerate(moments)
    ]


async def walked(history: History, query: RangeQuery, coming: list[HistoryRow]) -> list[HistoryRow]:
    """All rows, page by page; before each page some more rows come."""
    found: list[HistoryRow] = []
    while page := await history.readings(query):
        assert len(page) <= query.limit
        if query.backwards:
            found, query = page + found, replace(query, before=key_of(page[0]))
        else:
            found, query = found + page, replace(query, after=key_of(page[-1]))
        await history.write(raw_rows(coming[:3]))
        del coming[:3]
    return found


@SLOW
@given(moments=said(), there=st.integers(0, 30), limit=st.integers(1, 12))
async def test_both_ways_give_the_same_rows_while_others_come_in(
    history: History, moments: list[tuple[int, int]], there: int, limit: int
) -> None:
    rows = rows_of(f"device-{uuid4().hex}", moments)
    first, later = rows[:there], rows[there:]
    await history.write(raw_rows(first))
    query = RangeQuery(device=rows[0].device, limit=limit, upto=Position(len(first)))
    wanted = sorted(first, key=key_of)
    assert await walked(history, query, list(later)) == wanted
    assert await walked(history, replace(query, backwards=True), list(later)) == wanted
    await history.write(raw_rows(later))
    everything = sorted(rows, key=key_of)
    assert await walked(history, replace(query, backwards=True, upto=None), []) == everything


@SLOW
@given(moments=said(), limit=st.integers(1, 12), ends=st.tuples(*[st.none() | st.integers(0, 29)] * 2))
@example(moments=[(1, 0)] * 9, limit=3, ends=(1, 7))
async def test_a_page_lies_between_its_ends_and_touches_the_one_that_it_goes_from(
    history: History, moments: list[tuple[int, int]], limit: int, ends: tuple[int | None, int | None]
) -> None:
    rows = rows_of(f"device-{uuid4().hex}", moments)
    await history.write(raw_rows(rows))
    everything = sorted(rows, key=key_of)
    after, before = (None if end is None else key_of(everything[end % len(rows)]) for end in ends)
    start, stop = (from_micros(START_US) + timedelta(seconds=seconds) for seconds in (0.001, 20))
    query = RangeQuery(device=rows[0].device, limit=limit, after=after, before=before, start=start, end=stop)
    within = [row for row in everything if START_US + 1000 <= row.timestamp_us < START_US + 20_000_000]
    within = [row for row in within if (after is None or key_of(row) > after) and (before is None or key_of(row) < before)]
    assert await history.readings(query) == within[:limit]
    assert await history.readings(replace(query, backwards=True)) == within[-limit:]


async def test_many_copies_of_the_last_row_neither_hide_the_one_before_nor_shorten_the_page(history: History) -> None:
    one, two, three = rows_of("tomato-1", [(0, 0), (1, 0), (2, 0)])
    await history.write(raw_rows([one, two]))
    await history.write(raw_rows([replace(three, position=Position(number)) for number in range(3, 100)]))
    assert await history.readings(RangeQuery(device="tomato-1", limit=2, backwards=True)) == [two, three]
