"""Windows as a history keeps them: replaced one by one, read by range, forgotten, and digested whatever their order."""

from collections.abc import Awaitable, Callable, Sequence

import numpy as np
import pytest
from msgspec.structs import replace

from adapters.history.port import History, KeptWindows, SeriesKey, SeriesRange, Watermark
from domain.windows import Span, Windows, windows_of
from schema.envelope import Cursor, Position
from schema.times import HOUR_US, MINUTE_US

AIR = SeriesKey("tomato-1", "air", "temperature")
SOIL = SeriesKey("tomato-1", "soil, wet", "temperature")
ALWAYS = (-(2**60), 2**60)
HERE = Cursor("log", Position(7))


def made(
    values: Sequence[tuple[int, int, float]], keys: Sequence[SeriesKey] = (AIR, SOIL), *, revision: int = 0
) -> KeptWindows:
    """Minutes of (series, minute, value): the values of one minute stand together; infinite ones are bad."""
    series = np.array([number for number, _, _ in values], np.int64)
    starts = np.array([minute * MINUTE_US for _, minute, _ in values], np.int64)
    numbers = np.array([value for _, _, value in values], np.float64)
    bad = np.where(np.isinf(numbers), 2, 0).astype(np.int8)
    windows = windows_of(series, starts, np.nan_to_num(numbers), bad)
    windows = replace(windows, revision=np.full(len(windows), revision, np.int64))
    return KeptWindows(Span.MINUTE, keys, windows, np.full(len(windows), 7, np.int64))


def told(windows: Windows) -> list[tuple[int, int, int, float]]:
    """Series, minute, count and mean of each."""
    columns = (windows.series, windows.start // MINUTE_US, windows.count, windows.mean)
    return list(zip(*(column.tolist() for column in columns), strict=True))


async def all_of(history: History, *keys: SeriesKey) -> KeptWindows:
    return await history.windows(Span.MINUTE, [SeriesRange(key, *ALWAYS) for key in keys])


async def test_windows_come_back_whole_in_order_and_numbered_as_asked(history: History) -> None:
    kept = made([(0, 1, 20.0), (0, 1, 22.0), (0, 3, -4.0), (1, 1, 7.0)], revision=2)
    await history.keep([kept], {}, HERE)
    found = await all_of(history, SOIL, AIR)
    assert told(found.windows) == [(0, 1, 1, 7.0), (1, 1, 2, 21.0), (1, 3, 1, -4.0)]
    assert list(found.keys) == [SOIL, AIR]
    assert found.windows.revision.tolist() == [2, 2, 2]
    assert found.position.tolist() == [7, 7, 7]
    order = [2, 0, 1]
    for name in ("bad", "suspected", "total", "low", "high", "first", "last"):
        assert getattr(found.windows, name).tolist() == getattr(kept.windows.take(np.array(order)), name).tolist()
    assert (
        found.windows.quantiles(0.0, 0.5, 1.0).tolist() == kept.windows.take(np.array(order)).quantiles(0.0, 0.5, 1.0).tolist()
    )


async def test_a_window_of_bad_rows_alone_comes_back_without_figures(history: History) -> None:
    await history.keep([made([(0, 1, np.inf), (0, 1, np.inf)])], {}, HERE)
    found = (await all_of(history, AIR)).windows
    assert (found.count.tolist(), found.bad.tolist()) == ([0], [2])
    assert np.isnan(found.low).all()
    assert np.isnan(found.mean).all()


async def test_a_window_takes_the_place_of_the_one_before_and_leaves_the_others(history: History) -> None:
    await history.keep([made([(0, 1, 20.0), (0, 2, 21.0), (1, 1, 5.0)])], {}, HERE)
    await history.keep([made([(0, 1, 30.0), (0, 1, 32.0)], revision=1)], {}, HERE)
    found = await all_of(history, AIR, SOIL)
    assert told(found.windows) == [(0, 1, 2, 31.0), (0, 2, 1, 21.0), (1, 1, 1, 5.0)]
    assert found.windows.revision.tolist() == [1, 0, 0]


async def test_windows_far_apart_are_replaced_together(history: History) -> None:
    year = 365 * 24 * 60
    await history.keep([made([(0, 0, 1.0), (0, year, 2.0), (0, 2 * year, 3.0)])], {}, HERE)
    await history.keep([made([(0, 0, 4.0), (0, 2 * year, 5.0)])], {}, HERE)
    assert told((await all_of(history, AIR)).windows) == [(0, 0, 1, 4.0), (0, year, 1, 2.0), (0, 2 * year, 1, 5.0)]


async def test_a_range_holds_the_windows_that_start_in_it(history: History) -> None:
    await history.keep([made([(0, minute, float(minute)) for minute in range(5)])], {}, HERE)
    found = await history.windows(Span.MINUTE, [SeriesRange(AIR, MINUTE_US, 3 * MINUTE_US)])
    assert found.windows.start.tolist() == [MINUTE_US, 2 * MINUTE_US]
    assert len((await history.windows(Span.HOUR, [SeriesRange(AIR, *ALWAYS)])).windows) == 0
    assert len((await history.windows(Span.MINUTE, [])).windows) == 0


async def test_spans_are_kept_apart_and_forgotten_apart(history: History) -> None:
    minutes = made([(0, 1, 20.0)])
    days = KeptWindows(Span.SITE_DAY, minutes.keys, minutes.windows, minutes.position)
    await history.keep([minutes, days], {}, HERE)
    await history.forget(Span.SITE_DAY, ["tomato-1"])
    assert len((await history.windows(Span.SITE_DAY, [SeriesRange(AIR, *ALWAYS)])).windows) == 0
    assert len((await all_of(history, AIR)).windows) == 1
    await history.forget(Span.MINUTE, ["tomato-2"])
    assert len((await all_of(history, AIR)).windows) == 1


async def test_the_series_are_those_with_days_and_tell_their_last(history: History) -> None:
    minutes = made([(0, 1, 20.0), (1, 1, 3.0)])
    days = KeptWindows(Span.DAY, minutes.keys, minutes.windows, minutes.position)
    await history.keep([days], {}, HERE)
    assert await history.series() == {AIR: MINUTE_US, SOIL: MINUTE_US}
    assert list(await history.series(["tomato-1"])) == [AIR, SOIL]
    assert await history.series(["tomato-2"]) == {}


async def test_watermarks_move_and_outlive_the_process(open_history: Callable[[], Awaitable[History]]) -> None:
    first = await open_history()
    await first.keep([], {"a": Watermark(1, 2, Position(3)), "b": Watermark(4, 5, Position(6))}, HERE)
    await first.keep([], {"a": Watermark(7, 8, Position(9))}, HERE)
    await first.close()
    second = await open_history()
    assert await second.watermarks() == {"a": Watermark(7, 8, Position(9)), "b": Watermark(4, 5, Position(6))}
    assert await second.watermarks(["b", "c"]) == {"b": Watermark(4, 5, Position(6))}
    await second.close()


async def test_the_digest_of_windows_looks_neither_at_order_nor_at_revisions(history: History) -> None:
    await history.keep([made([(0, 1, 20.0), (0, 2, 21.0), (1, 1, 5.0)])], {}, HERE)
    before = await history.content_hashes()
    await history.reset()
    await history.keep([made([(0, 0, 5.0)], [SOIL], revision=3)], {}, HERE)
    await history.reset()
    await history.keep([made([(0, 1, 5.0), (1, 1, 20.0), (1, 2, 21.0)], [SOIL, AIR], revision=3)], {}, HERE)
    assert await history.content_hashes() == before
    await history.keep([made([(0, 1, 20.5)])], {}, HERE)
    assert await history.content_hashes() != before


@pytest.mark.parametrize("value", [1e300, -1e300, 5e-324, -0.0, 0.1])
async def test_figures_come_back_to_the_last_bit(history: History, value: float) -> None:
    await history.keep([made([(0, 1, value)])], {}, HERE)
    found = (await all_of(history, AIR)).windows
    assert [found.low[0], found.high[0], found.total[0]] == [value, value, value]
    assert HOUR_US == 60 * MINUTE_US


async def test_windows_of_any_year_are_kept_apart_and_come_back_in_order(history: History) -> None:
    years = [-1969, -400, -293, 0, 292, 293, 294, 8029]
    minutes = sorted(year * 525_949 + more for year in years for more in (0, 1, 2))
    kept = made([(0, minute, float(number)) for number, minute in enumerate(minutes)])
    await history.keep([kept], {}, HERE)
    found = (await all_of(history, AIR)).windows
    assert (found.start // MINUTE_US).tolist() == minutes
    assert found.total.tolist() == [float(number) for number in range(len(minutes))]
    part = await history.windows(Span.MINUTE, [SeriesRange(AIR, minutes[-2] * MINUTE_US, minutes[-1] * MINUTE_US)])
    assert part.windows.total.tolist() == [float(len(minutes) - 2)]
