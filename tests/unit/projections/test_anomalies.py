"""Anomalies as a read model: a function of the hour windows, whatever the order, the doubling and the cuts of the input."""

import csv
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.history.duckdb import DuckDbHistory
from adapters.history.horizon import Endless
from adapters.history.port import AnomalyChanges, AnomalyQuery, HistoryRow, SeriesKey, SeriesRange
from adapters.history.raw_rows import raw_rows
from domain.anomalies import FLOORS, Severity, anomalies
from domain.windows import Span
from projections.rules import WindowRules
from projections.watermarks import Lateness
from schema.envelope import Position
from schema.events import Quality
from schema.ids import device_event_id
from schema.times import DAY_US, HOUR_US
from tests.support.making import cut, feed, maker
from tests.support.real_data import real_data

START_US = 20_000 * DAY_US
RULES = WindowRules(lateness=Lateness(allowed_us=10 * 60_000_000, idle_us=HOUR_US))
ALWAYS = (0, 2**60)


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[DuckDbHistory]:
    opened = await DuckDbHistory.open(tmp_path / "history.duckdb", memory="128MB", threads=1)
    yield opened
    await opened.close()


def row(number: int, time_us: int, value: float, *, sensor: str = "air", metric: str = "temperature") -> HistoryRow:
    event_id = device_event_id("tomato-1", f"{sensor}-{metric}-{number}")
    position = Position(number + 1)
    return HistoryRow("tomato-1", sensor, metric, time_us, value, None, Quality.GOOD, event_id, time_us, number, position)


def at(day: int, hour: int = 12) -> int:
    return START_US + day * DAY_US + hour * HOUR_US


def noons(values: Sequence[float]) -> list[HistoryRow]:
    """One reading at noon of each day."""
    return [row(day, at(day), value) for day, value in enumerate(values)]


async def told(history: DuckDbHistory) -> list[tuple[int, float, float, Severity]]:
    """Day, value, expected and severity of each anomaly, oldest first."""
    found = await history.anomalies(AnomalyQuery(limit=1000))
    return [((one.start_us - at(0)) // DAY_US, one.value, one.expected, one.severity) for one in reversed(found)]


async def test_an_hour_is_judged_once_its_series_goes_on(history: DuckDbHistory) -> None:
    making = await maker(history, RULES)
    rows = raw_rows(noons([20.0] * 10 + [31.0]))
    await history.write(rows)
    await making.make([rows], Position(11))
    assert await told(history) == []
    later = raw_rows([row(11, at(10, 13), 20.0)])
    await history.write(later)
    await making.make([later], Position(12))
    assert await told(history) == [(10, 31.0, 20.0, Severity.MAJOR)]


async def test_an_hour_is_judged_by_whoever_starts_anew_and_sees_its_series_go_on(history: DuckDbHistory) -> None:
    rows = [*noons([20.0] * 10 + [31.0]), row(11, at(10, 13), 20.0)]
    await feed(history, [rows[:-1], rows[-1:]], RULES, restarts=[False, True])
    assert await told(history) == [(10, 31.0, 20.0, Severity.MAJOR)]


async def test_a_late_reading_changes_the_hours_that_lean_on_it_and_what_is_gone_is_told(history: DuckDbHistory) -> None:
    late, many = row(20, at(-1), 20.0), [row(30 + number, at(6) + number, 20.0) for number in range(40)]
    rows = noons([20.0] * 6 + [31.0, 20.0])
    await feed(history, [rows], RULES)
    assert await told(history) == []
    await feed(history, [[late]], RULES)
    assert await told(history) == [(6, 31.0, 20.0, Severity.MAJOR)]
    await feed(history, [many], RULES)
    assert await told(history) == []
    [gone] = await history.anomaly_changes(AnomalyChanges(after=late.position, upto=Position(100)))
    assert (gone.start_us, gone.severity, gone.position) == (at(6), Severity.NONE, many[-1].position)


async def test_what_is_found_again_as_it_was_is_no_change(history: DuckDbHistory) -> None:
    rows = noons([20.0] * 8 + [31.0, 20.0])
    await feed(history, [rows], RULES)
    [found] = await history.anomalies(AnomalyQuery())
    await feed(history, [rows, [row(50, at(2, 3), 20.0)], [row(51, at(2), 20.0)]], RULES)
    assert await history.anomalies(AnomalyQuery()) == [found]


async def test_a_metric_without_a_usual_hour_has_no_anomalies(history: DuckDbHistory) -> None:
    rows = [msgspec.structs.replace(one, metric="wind_direction") for one in noons([20.0] * 10 + [300.0, 20.0])]
    await feed(history, [rows], RULES)
    assert await told(history) == []


values = st.lists(st.sampled_from([20.0] * 8 + [20.5, 21.0, 31.0, 100.0]), min_size=8, max_size=20)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(temperatures=values, soils=values, data=st.data())
async def test_any_order_doubling_and_cut_with_restarts_finds_the_same_anomalies_as_a_look_at_all_hours(
    history: DuckDbHistory, temperatures: list[float], soils: list[float], data: st.DataObject
) -> None:
    rows = noons(temperatures) + [row(day, at(day, 3), value, sensor="soil") for day, value in enumerate(soils)]
    rows += [row(200 + day, at(day, 13), 20.0) for day in range(0, len(temperatures), 3)]
    order = data.draw(st.permutations(rows + rows[: len(rows) // 3]), label="order")
    sizes = data.draw(st.lists(st.integers(5, 30), min_size=1, max_size=3), label="sizes")
    restarts = data.draw(st.lists(st.booleans(), max_size=10), label="restarts")
    await history.reset()
    await feed(history, cut(order, sizes), RULES, restarts=restarts)
    shuffled = await history.content_hashes()
    found = {(one.series.sensor, one.start_us): one.severity for one in await history.anomalies(AnomalyQuery(limit=1000))}
    assert found == await plainly(history)
    await history.reset()
    await feed(history, [rows], RULES)
    assert await history.content_hashes() == shuffled


async def plainly(history: DuckDbHistory) -> dict[tuple[str, int], Severity]:
    """What a look at all hours of each series at once finds."""
    found: dict[tuple[str, int], Severity] = {}
    for key in await history.series():
        hours = (await history.windows(Span.HOUR, [SeriesRange(key, *ALWAYS)])).windows
        floors = np.array([FLOORS[key.metric]])
        severities = anomalies(hours.start, hours.mean, np.array([0, len(hours)]), floors).severity
        pairs = zip(hours.start.tolist()[:-1], severities.tolist()[:-1], strict=True)
        found |= {(key.sensor, start): Severity(severity) for start, severity in pairs if severity}
    return found


async def test_of_a_real_tunnel_the_probe_that_failed_is_critical_and_its_honest_neighbour_is_not(
    history: DuckDbHistory,
) -> None:
    with (real_data("tunnel-1") / "Temp_4ch_2.csv").open(encoding="utf-8-sig") as text:
        lines = list(csv.reader(text))[1:]
    rows = []
    for sensor, column in (("failed", 2), ("honest", 5)):
        for number, line in enumerate(lines):
            if line[column].strip() not in {"", "NaN"}:
                moment = datetime.strptime(line[1], "%d/%m/%Y %H:%M:%S").replace(tzinfo=UTC)
                rows.append(row(number, round(moment.timestamp()) * 1_000_000, float(line[column]), sensor=sensor))
    await feed(history, cut(rows, [20_000]), RULES)
    found = await history.anomalies(AnomalyQuery(limit=5_000))
    critical = [one.series.sensor for one in found if one.severity is Severity.CRITICAL]
    assert critical == ["failed"] * 31
    hours = (await history.windows(Span.HOUR, [SeriesRange(SeriesKey("tomato-1", "honest", "temperature"), *ALWAYS)])).windows
    assert len([one for one in found if one.series.sensor == "honest"]) / len(hours) == pytest.approx(0.01, abs=0.005)


class _Since(Endless):
    """What keeps windows from a moment on."""

    def __init__(self, start_us: int) -> None:
        self._start_us = start_us

    def windows_from(self, span: Span) -> int:
        del span
        return self._start_us


async def test_an_hour_whose_history_is_no_longer_kept_stands_as_it_was_found(history: DuckDbHistory) -> None:
    rows = noons([20.0] * 14 + [31.0, 31.0, 20.0])
    await feed(history, [rows], RULES)
    found = await told(history)
    assert [day for day, *_ in found] == [14, 15]
    history.horizon = _Since(at(0) + DAY_US)
    await feed(history, [[row(40 + number, at(day) + number, 20.0) for day in (14, 15) for number in range(40)]], RULES)
    assert await told(history) == found[:1]
