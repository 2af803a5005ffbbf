"""What every history keeps: rows once, in order, with the checkpoint, and their windows."""

import random
import struct
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.history.port import History, HistoryError, HistoryRow, RangeQuery
from adapters.history.raw_rows import raw_rows
from schema.envelope import Cursor, Position
from schema.events import Quality
from schema.ids import EventId, content_event_id, device_event_id
from schema.times import to_micros

START = datetime(2026, 6, 1, tzinfo=UTC)
START_US = int(START.timestamp()) * 1_000_000


def cursor(position: int | None = 1) -> Cursor:
    return Cursor("log", None if position is None else Position(position))


def row(
    number: int,
    *,
    seconds: float | None = None,
    device: str = "tomato-1",
    metric: str = "temperature",
    value: float | None = None,
    quality: Quality = Quality.GOOD,
    event_id: EventId | None = None,
) -> HistoryRow:
    return HistoryRow(
        device,
        "air",
        metric,
        START_US + round((number if seconds is None else seconds) * 1_000_000),
        float(number) if value is None else value,
        "degC",
        quality,
        device_event_id(device, str(number)) if event_id is None else event_id,
        START_US + number,
        number,
        Position(number),
    )


async def store(history: History, rows: Sequence[HistoryRow], checkpoint: Cursor) -> None:
    await history.write(raw_rows(rows))
    await history.keep([], {}, checkpoint)


async def everything(history: History, *, limit: int = 7, device: str = "tomato-1") -> list[HistoryRow]:
    """All rows of a device, page by page."""
    query = RangeQuery(device=device, limit=limit)
    rows: list[HistoryRow] = []
    while page := await history.readings(query):
        rows += page
        query = replace_after(query, page[-1])
    return rows


def replace_after(query: RangeQuery, last: HistoryRow) -> RangeQuery:
    return replace(query, after=(last.timestamp_us, last.event_id, last.metric))


def in_order(rows: Sequence[HistoryRow]) -> list[HistoryRow]:
    return sorted(rows, key=lambda row: (row.timestamp_us, row.event_id, row.metric))


async def test_an_empty_history_has_no_checkpoint_and_no_rows(history: History) -> None:
    assert await history.checkpoint() is None
    assert await history.count() == 0
    assert await history.readings(RangeQuery(device="tomato-1")) == []


async def test_rows_come_back_as_they_were_written(history: History) -> None:
    written = [
        row(1, value=-0.1, quality=Quality.BAD),
        replace(row(2, value=1e300, quality=Quality.SUSPECTED), unit=None),
        row(3, event_id=b"\xff" * 16),
        row(4, event_id=b"\x00" * 16),
    ]
    await store(history, written, cursor())
    assert await everything(history) == written


async def test_figures_at_the_ends_of_their_range_come_back_bit_for_bit(history: History) -> None:
    values = [1e300, -1.7976931348623157e308, 5e-324, -2.5e-310, 0.1 + 0.2, 1 / 3, 0.0, -0.0, 1e22, 123456789012345680.0]
    written = [row(number, value=value) for number, value in enumerate(values)]
    await history.write(raw_rows(written))
    assert [struct.pack("d", each.value) for each in await everything(history)] == [struct.pack("d", each) for each in values]


async def test_readings_of_any_year_come_back_in_order(history: History) -> None:
    years = [1, 1600, 1677, 1969, 1970, 2026, 2261, 2262, 2263, 9999]
    moments = [to_micros(datetime(year, 6, 1, microsecond=year, tzinfo=UTC)) for year in years]
    written = [replace(row(number), timestamp_us=moment) for number, moment in enumerate(moments)]
    await history.write(raw_rows(list(reversed(written))))
    assert await everything(history, limit=3) == written
    late = RangeQuery(device="tomato-1", start=datetime(2263, 1, 1, tzinfo=UTC), end=datetime(9000, 1, 1, tzinfo=UTC))
    assert await history.readings(late) == [written[-2]]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=30, unique=True))
@example(
    names=[
        "",
        "%",
        "\\",
        "a\\",
        "\\,",
        "a=b,c d",
        " ",
        "\n",
        "a\nb",
        "\r",
        "\0",
        '"',
        "'",
        "#",
        "%25",
        "温度",
        "🌱",
        "\ufffd",
        "\u2028",
    ]
)
async def test_a_metric_can_have_any_name_and_any_unit(history: History, names: list[str]) -> None:
    device = f"device-{uuid4().hex}"
    written = [replace(row(number, device=device, metric=name), unit=name) for number, name in enumerate(names)]
    await history.write(raw_rows(written))
    assert await everything(history, device=device) == written
    for each in written[:3]:
        assert await history.readings(RangeQuery(device=device, metric=each.metric)) == [each]


async def test_rows_and_checkpoint_outlive_the_process(open_history: Callable[[], Awaitable[History]]) -> None:
    first = await open_history()
    await store(first, [row(1)], cursor(7))
    await first.close()
    second = await open_history()
    assert await second.checkpoint() == cursor(7)
    assert await everything(second) == [row(1)]
    await second.close()


async def test_a_checkpoint_moves_without_rows(history: History) -> None:
    await store(history, [], cursor(3))
    await store(history, [], cursor(4))
    assert await history.checkpoint() == cursor(4)


async def test_rows_that_cannot_be_written_leave_the_checkpoint_where_it_was(history: History) -> None:
    await store(history, [row(1)], cursor(1))
    broken = replace(row(2), value="no number")
    with pytest.raises(Exception, match=r"no number|float|convert"):
        await store(history, [row(3), broken], cursor(3))
    assert await history.checkpoint() == cursor(1)
    assert await everything(history) == [row(1)]


async def test_a_row_written_twice_is_read_once_as_recorded_first(history: History) -> None:
    again = replace(row(1), position=Position(50), revision=50, recorded_us=START_US + 50)
    await store(history, [again, row(2)], cursor(50))
    await store(history, [row(1), row(2)], cursor(51))
    assert await everything(history) == [row(1), row(2)]
    assert await history.count() == 2


async def test_many_copies_of_one_row_neither_hide_the_next_nor_shorten_the_page(history: History) -> None:
    copies = [replace(row(1), position=Position(number)) for number in range(1, 100)]
    await store(history, [*copies, row(2), row(3)], cursor())
    assert await history.readings(RangeQuery(device="tomato-1", limit=2)) == [row(1), row(2)]


async def test_pages_of_any_size_give_every_row_once_in_key_order(history: History) -> None:
    shuffle = random.Random(3)
    rows = [row(number, seconds=number // 4) for number in range(60)]
    rows += [replace(each, metric="humidity") for each in rows[:30]]
    await store(history, shuffle.sample(rows, len(rows)), cursor())
    for limit in (1, 7, 90):
        assert await everything(history, limit=limit) == in_order(rows)


async def test_ids_are_ordered_as_their_bytes(history: History) -> None:
    ids = [bytes([first]) + b"\x80" * 15 for first in (0x00, 0x7F, 0x80, 0xFF)]
    rows = [row(number, seconds=0, event_id=event_id) for number, event_id in enumerate(ids)]
    await store(history, list(reversed(rows)), cursor())
    assert await everything(history, limit=1) == rows


async def test_a_range_holds_its_start_and_not_its_end(history: History) -> None:
    await store(history, [row(number) for number in range(5)], cursor())
    query = RangeQuery(device="tomato-1", start=START + timedelta(seconds=1), end=START + timedelta(seconds=3))
    assert await history.readings(query) == [row(1), row(2)]


async def test_a_query_chooses_device_sensor_and_metric(history: History) -> None:
    other = replace(row(2), sensor="soil")
    humid = row(3, metric="humidity")
    await store(history, [row(1), other, humid, row(4, device="tomato-10")], cursor())
    assert await history.readings(RangeQuery(device="tomato-1", sensor="soil")) == [other]
    assert await history.readings(RangeQuery(device="tomato-1", metric="humidity")) == [humid]
    assert await history.readings(RangeQuery(device="tomato-1", sensor="soil", metric="humidity")) == []


async def test_the_content_hash_looks_at_the_set_of_readings_and_at_nothing_else(history: History) -> None:
    rows = [row(number) for number in range(20)]
    await history.write(raw_rows(rows))
    before = await history.content_hashes()
    await history.reset()
    await history.write(raw_rows([replace(each, position=Position(99), recorded_us=0) for each in reversed(rows)]))
    await history.write(raw_rows(rows[3:9]))
    assert await history.content_hashes() == before
    await history.write(raw_rows([replace(row(21), value=0.5)]))
    assert await history.content_hashes() != before


async def test_one_changed_value_changes_the_content_hash(history: History) -> None:
    await history.write(raw_rows([row(1)]))
    before = await history.content_hashes()
    await history.reset()
    await history.write(raw_rows([replace(row(1), value=1.0000001)]))
    assert await history.content_hashes() != before


async def test_rows_after_the_place_to_which_it_is_rewound_can_be_written_again(history: History) -> None:
    await history.write(raw_rows([row(number) for number in range(1, 6)]))
    await history.rewind(Position(3))
    await history.write(raw_rows([row(4), row(5)]))
    assert await everything(history) == [row(number) for number in range(1, 6)]


async def test_the_content_hash_is_the_same_in_every_store(history: History) -> None:
    await history.write(
        raw_rows([row(1), replace(row(2), unit=None, quality=Quality.BAD), row(3, metric="humidity", value=-0.0)])
    )
    assert (await history.content_hashes())["raw"] == "3:5002544670ba849e070a4a232d3f656b"


async def test_reset_forgets_rows_and_checkpoint(history: History) -> None:
    await store(history, [row(1)], cursor())
    await history.reset()
    assert await history.count() == 0
    assert await history.checkpoint() is None


async def test_ids_ordered_by_time_keep_their_order(history: History) -> None:
    rows = [row(n, seconds=n, event_id=content_event_id(n, "tomato-1")) for n in range(5)]
    await store(history, rows, cursor())
    assert await everything(history, limit=2) == rows


async def test_a_closed_history_says_so_as_an_error_of_its_own(open_history: Callable[[], Awaitable[History]]) -> None:
    history = await open_history()
    await history.close()
    with pytest.raises(HistoryError):
        await history.count()
