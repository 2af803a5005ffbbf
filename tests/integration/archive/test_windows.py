"""Windows that retention dropped: charts of their time and late readings in it come to the same figures as ever."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.history.archived import ArchivedHistory
from adapters.history.port import BeyondRetentionError, History, RangeQuery, SeriesKey, SeriesRange
from adapters.history.retention.policy import Policy
from domain.windows import Span
from projections.decisions import Decisions
from projections.engine import Engine
from projections.historical import history_models
from projections.incoming import Pace
from projections.judging import Judge
from projections.rules import WindowRules
from projections.series import Chart, SeriesReader
from projections.watermarks import Lateness
from schema.events import SiteDefined
from tests.support.archives import archived_history, retain
from tests.support.engines import running
from tests.support.house_events import Said, pack, reading, tell
from tests.support.memory_log import MemoryLog

START = datetime(2026, 6, 1, tzinfo=UTC)
LATER = START + timedelta(days=90)
DAY = 24 * 3600
KEYS = [SeriesKey("tomato-1", "main", metric) for metric in ("temperature", "dew_point")]
DROP_ALL = Policy(raw=30, minute=30, quarter=30, hour=30, day=30)
WIDTHS = [timedelta(minutes=1), timedelta(minutes=15), timedelta(minutes=20), timedelta(hours=1), timedelta(days=1)]


def days(*numbers: int) -> list[Said]:
    """A reading every seventh minute of these days."""
    return [
        reading("tomato-1", day * DAY + minute * 60, temperature=15 + minute % 17 / 3, humidity=40 + minute % 31)
        for day in numbers
        for minute in range(0, 24 * 60, 7)
    ]


@asynccontextmanager
async def projected(log: MemoryLog, history: History) -> AsyncIterator[tuple[Engine, SeriesReader]]:
    decisions = Decisions()
    raw, windows = history_models(
        history, decisions, lambda position: engine.reached("decisions", position), pace=Pace(pause_seconds=0.0)
    )
    async with running(log, [decisions, raw], derived=[windows]) as engine:
        judge = Judge(WindowRules().quality, decisions)
        places = windows.model._places  # type: ignore[attr-defined]

        def zone_of(device: str) -> Any:
            return ZoneInfo(places.zone(places.site(device)))

        await settled(log, engine)
        yield (
            engine,
            SeriesReader(history, judge, decisions=decisions, lateness=Lateness(), zone_of=zone_of, clock=lambda: LATER),
        )


async def settled(log: MemoryLog, engine: Engine) -> None:
    head = await log.head()
    assert head is not None
    for status in engine.status():
        await engine.reached(status.name, head)


def told(charts: Sequence[Chart]) -> list[list[list[float]]]:
    return [
        [getattr(chart.windows, name).tolist() for name in ("start", "count", "bad", "total", "low", "high", "first", "last")]
        + chart.quantiles.T.tolist()
        for chart in charts
    ]


async def figures(reader: SeriesReader) -> dict[Any, Any]:
    """Of the first days, in windows of every length."""
    until = START + timedelta(days=4)
    found: dict[Any, Any] = {width: told(await reader.charts(KEYS, START, until, width)) for width in WIDTHS}
    return found | {"site": told(await reader.days(KEYS, START, until))}


@pytest.mark.parametrize("zone", ["UTC", "Australia/Lord_Howe"])
async def test_charts_of_dropped_windows_come_to_the_same_figures(tmp_path: Path, zone: str) -> None:
    log = MemoryLog()
    await tell(log, [pack("site-farm", SiteDefined(site_id="farm", time_zone=zone)), *days(0, 1, 3, 80)])
    async with archived_history(tmp_path) as history, projected(log, history) as (_, reader):
        before = await figures(reader)
        report = await retain(history, DROP_ALL, now=LATER)
        assert {one.span for one in report.windows} == {"minute", "quarter", "hour", "day", "site_day"}
        assert await kept_before(history, START + timedelta(days=4)) == 0
        assert await figures(reader) == before


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
async def test_a_late_reading_in_dropped_windows_makes_them_as_a_rebuild_does(tmp_path: Path, zone: str) -> None:
    log = MemoryLog()
    await tell(log, [pack("site-farm", SiteDefined(site_id="farm", time_zone=zone)), *days(0, 1, 2, 80)])
    late = [reading("tomato-1", DAY + 3601, temperature=33.0, humidity=80.0)]
    async with archived_history(tmp_path) as history, projected(log, history) as (engine, reader):
        await retain(history, DROP_ALL, now=LATER)
        await tell(log, late)
        await settled(log, engine)
        once = await figures(reader)
        await tell(log, [reading("tomato-1", DAY + 3605, temperature=34.0, humidity=81.0)])
        await settled(log, engine)
        twice = await figures(reader)
        await retain(history, DROP_ALL, now=LATER)
        assert await figures(reader) == twice
    async with archived_history(tmp_path / "rebuilt") as history, projected(log, history) as (_, reader):
        assert await figures(reader) == twice
    assert once != twice


async def kept_before(history: ArchivedHistory, moment: datetime) -> int:
    """How many windows the store has of that time."""
    until = int(moment.timestamp()) * 1_000_000
    found = 0
    for span in Span:
        kept = await history.store.windows(span, [type(one)(one.series, -(2**60), until) for one in _ranges()])
        found += len(kept.windows)
    return found


def _ranges() -> list[Any]:
    return [SeriesRange(key, 0, 0) for key in KEYS]


async def test_windows_stay_while_raw_rows_of_their_days_do(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, days(0, 80))
    async with archived_history(tmp_path) as history, projected(log, history):
        await retain(history, Policy(raw=1000, minute=30), now=LATER)
        assert await kept_before(history, START + timedelta(days=4)) > 0
        [file] = [tmp_path / "archive" / "site=farm" / "day=2026-06-01"]
        file.mkdir(parents=True)
        (file / "part-00000000000000000000000000000000.parquet").write_bytes(b"no parquet")
        report = await retain(history, Policy(raw=30, minute=30), now=LATER)
        assert len(report.failures) == 1
        assert await kept_before(history, START + timedelta(days=4)) > 0


async def test_past_raw_rows_and_windows_a_chart_is_refused_and_late_readings_change_nothing(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, days(0, 1, 80))
    policy = Policy(raw=30, archive=89, minute=30)
    async with archived_history(tmp_path) as history, projected(log, history) as (engine, reader):
        await retain(history, policy, now=LATER)
        hours = told(await reader.charts(KEYS, START, START + timedelta(days=1), timedelta(hours=1)))
        assert hours[0][1]
        with pytest.raises(BeyondRetentionError, match="2026-06-01 are past the retention"):
            await reader.charts(KEYS, START, START + timedelta(days=1), timedelta(minutes=1))
        await tell(log, [reading("tomato-1", 3601, temperature=33.0), reading("tomato-1", 85 * DAY, temperature=1.0)])
        await settled(log, engine)
        assert told(await reader.charts(KEYS, START, START + timedelta(days=1), timedelta(hours=1))) == hours
        [latest, _] = told(await reader.charts(KEYS, START + timedelta(days=85), LATER, timedelta(hours=1)))
        assert latest[1] == [1]


@pytest.mark.parametrize("damage", ["missing", "damaged"])
async def test_a_file_that_is_lost_holds_up_the_windows_of_its_own_day_alone_until_it_is_put_back(
    tmp_path: Path, damage: str
) -> None:
    log = MemoryLog()
    await tell(log, days(0, 1, 80))
    async with archived_history(tmp_path) as history, projected(log, history) as (engine, reader):
        await retain(history, Policy(raw=30), now=LATER)
        [file] = (tmp_path / "archive").glob("*/day=2026-06-02/*.parquet")
        whole = file.read_bytes()
        file.unlink() if damage == "missing" else file.write_bytes(whole[: len(whole) // 2])
        hours, first = timedelta(hours=1), (START, START + timedelta(days=1))
        second = (first[1], first[1] + timedelta(days=1))
        late = [reading("tomato-1", DAY + 3601, temperature=18.5), reading("tomato-2", 85 * DAY, temperature=1.0)]
        await tell(log, [*late, reading("tomato-1", 3601, temperature=18.5)])
        await settled(log, engine)
        assert not [status.error for status in engine.status() if status.error]
        others = [SeriesKey("tomato-2", "main", "temperature")]
        assert counted(await reader.charts(others, START + timedelta(days=85), LATER, hours)) == 1
        assert counted(await reader.charts(KEYS[:1], *first, hours)) == 207, "another day takes its late reading"
        assert counted(await reader.charts(KEYS[:1], *second, hours)) == 206, "the windows of its own day stay as they were"
        asked = RangeQuery(device="tomato-1", start=second[0], limit=500)
        with pytest.raises(BeyondRetentionError, match="2026-06-02"):
            await history.readings(asked)
        file.write_bytes(whole)
        assert len(await history.readings(asked)) == 500


def counted(charts: Sequence[Chart]) -> int:
    return sum(int(chart.windows.count.sum()) for chart in charts)


async def test_a_zone_that_changes_where_readings_are_gone_makes_the_days_that_are_left(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, [pack("site-farm", SiteDefined(site_id="farm", time_zone="UTC")), *days(0, 1, 2, 3, 80)])
    async with archived_history(tmp_path) as history, projected(log, history) as (engine, _):
        await retain(history, Policy(raw=30, archive=88, minute=30, quarter=30, hour=30), now=LATER)
        assert history.gone()["tomato-1"][0] == START.timestamp() * 1e6
        await tell(log, [pack("site-farm", SiteDefined(site_id="farm", time_zone="Asia/Kolkata"))])
        await settled(log, engine)
        assert not [status.error for status in engine.status() if status.error]
        made = await history.windows(Span.SITE_DAY, [SeriesRange(KEYS[0], -(2**60), 2**60)])
    log = MemoryLog()
    await tell(log, [pack("site-farm", SiteDefined(site_id="farm", time_zone="Asia/Kolkata")), *days(0, 1, 2, 3, 80)])
    async with archived_history(tmp_path / "straight") as history, projected(log, history):
        straight = await history.windows(Span.SITE_DAY, [SeriesRange(KEYS[0], -(2**60), 2**60)])
    kept = straight.windows.take(straight.windows.start >= made.windows.start[0])
    for name in ("start", "count", "total", "low", "high", "first", "last"):
        assert getattr(made.windows, name).tolist() == getattr(kept, name).tolist(), name
    assert len(kept) > 2
