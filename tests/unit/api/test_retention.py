"""Retention over the API: asked for by admins, seen by all who read, one run at a time; what is gone is refused."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from adapters.history.archive.archive import EVER
from adapters.history.horizon import Endless
from adapters.history.port import BeyondRetentionError, HistoryError
from adapters.history.retention.policy import Policy
from adapters.history.retention.report import Failure, Report, Step, Watch
from adapters.history.retention.runs import RetentionRuns
from api.app import build_app
from api.roles import Role
from schema.times import to_micros
from tests.support.api import NOW, House, small_house
from tests.support.archives import archived_history, retain
from tests.support.house_events import at, reading

APPLY = """mutation ($dry: Boolean) { applyRetention(dryRun: $dry) {
    ... on ApplyRetentionSuccess { run { number running } } ... on OperationError { code message } } }"""
RUN = "{ retentionRun { number dryRun running day done total error report { days rows failures { day reason } } } }"
CORRECT = """mutation ($from: DateTime, $dry: Boolean! = false, $what: Operation! = OFFSET, $amount: Float = 1) {
  correctReadings(input: {deviceId: "a", metric: "temperature", from: $from, to: null, operation: $what, amount: $amount,
    reason: "x", dryRun: $dry}) { __typename
    ... on CorrectReadingsSuccess { preview { readings changed } } ... on OperationError { code message } } }"""
READINGS = '{ readings(deviceId: "a", metric: "temperature") { nodes { value } } }'
DAYS = """{ series(selectors: [{deviceId: "a", sensorId: "main", metric: "temperature"}], window: "P1D",
    from: "2026-07-11T00:00:00Z", to: "2026-09-01T00:00:00Z") { buckets { mean count } } }"""
DAY = 24 * 3600


class SlowJob:
    """A job that waits to be let go, and does what it is told."""

    policy = Policy(raw=30)

    def __init__(self) -> None:
        self.at_work, self.go_on = asyncio.Event(), asyncio.Event()
        self.error: Exception | None = None

    async def run(self, *, dry_run: bool, watch: Watch) -> Report:
        watch(Step("2026-01-02", 1, 3))
        self.at_work.set()
        await self.go_on.wait()
        if self.error is not None:
            raise self.error
        report = Report(dry_run=dry_run, failures=[Failure("2026-01-01", "damaged")])
        report.moved("2026-01-02", 2**40, 5, 100)
        return report


@pytest.fixture
async def job() -> SlowJob:
    return SlowJob()


@pytest.fixture
async def house(tmp_path: Path, job: SlowJob) -> AsyncIterator[House]:
    runs = RetentionRuns(job, lambda: NOW)
    async with small_house(tmp_path) as opened:
        opened.app = build_app(replace(opened.services, retention=runs, registry=CollectorRegistry()))
        working = asyncio.create_task(runs.work(lambda: False), name="retention")
        yield opened
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def last(house: House) -> Any:
    return (await house.ask(RUN))["retentionRun"]


async def ended(house: House) -> Any:
    while (run := await last(house))["running"]:
        await asyncio.sleep(0)
    return run


async def test_a_run_is_begun_watched_and_reported(house: House, job: SlowJob) -> None:
    assert await last(house) is None
    begun = await house.ask(APPLY, {"from": None, "dry": True}, role=Role.ADMIN)
    assert begun["applyRetention"]["run"] == {"number": 1, "running": True}
    await job.at_work.wait()
    run = await last(house)
    assert (run["day"], run["done"], run["total"], run["report"]) == ("2026-01-02", 1, 3, None)
    refused = (await house.ask(APPLY, role=Role.ADMIN))["applyRetention"]
    assert (refused["code"], "under way" in refused["message"]) == ("CONFLICT", True)
    job.go_on.set()
    run = await ended(house)
    assert (run["dryRun"], run["report"]["rows"]) == (True, 2**40)
    assert run["report"]["failures"] == [{"day": "2026-01-01", "reason": "damaged"}]


async def test_a_run_that_cannot_be_done_says_why_and_another_may_be_asked_for(house: House, job: SlowJob) -> None:
    job.error = HistoryError("the disk is full")
    job.go_on.set()
    await house.ask(APPLY, role=Role.ADMIN)
    assert (await ended(house))["error"] == "the disk is full"
    job.error = None
    assert (await house.ask(APPLY, role=Role.ADMIN))["applyRetention"]["run"]["number"] == 2
    assert (await ended(house))["error"] is None


async def test_a_process_without_the_history_says_where_to_ask(tmp_path: Path) -> None:
    async with small_house(tmp_path) as house:
        assert await house.code(RUN) == "HISTORY_NOT_SHARED"


class _Gone(Endless):
    def require(self, device: str, start_us: int, end_us: int) -> None:
        del end_us
        if start_us < 1_780_000_000_000_000:
            raise BeyondRetentionError(f"readings of {device} are past the retention")


async def test_a_correction_that_reaches_past_all_retention_is_refused(house: House) -> None:
    await house.says([reading("a", 0, temperature=20.0)])
    house.services.history.store.horizon = _Gone()  # type: ignore[union-attr]
    for dry in (True, False):
        refused = (await house.ask(CORRECT, {"from": "2020-01-01T00:00:00Z", "dry": dry}, role=Role.OPERATOR))[
            "correctReadings"
        ]
        assert (refused["code"], refused["message"]) == ("BEYOND_RETENTION", "readings of a are past the retention")
    made = await house.ask(CORRECT, {"from": "2026-06-01T00:00:00Z"}, role=Role.OPERATOR)
    assert made["correctReadings"]["__typename"] == "CorrectReadingsSuccess"


@pytest.mark.parametrize(
    ("first_kept", "shorter"), [(40, {}), (42, {"minute": 20}), (42, {"minute": 20, "quarter": 20, "hour": 20, "day": 20})]
)
async def test_a_correction_that_names_no_beginning_is_of_what_is_kept(
    tmp_path: Path, first_kept: int, shorter: dict[str, int]
) -> None:
    async with archived_history(tmp_path) as history, small_house(tmp_path, history=history) as house:
        await house.says([reading("a", day * DAY, temperature=20.0) for day in (0, 39, first_kept, 61, 89)])
        later = at(0) + timedelta(days=90)
        await retain(history, Policy(raw=10, archive=50, **shorter), now=later)
        assert history.rows_gone("a", *EVER)
        look = (await house.ask(CORRECT, {"from": None, "dry": True}, role=Role.OPERATOR))["correctReadings"]
        assert look["preview"] == {"readings": 3, "changed": 3}
        for what, value in (("OFFSET", 21.0), ("RESTORE", 20.0)):
            asked = {"from": None, "what": what, "amount": 1 if what == "OFFSET" else None}
            made = (await house.ask(CORRECT, asked, role=Role.OPERATOR))["correctReadings"]
            assert made["__typename"] == "CorrectReadingsSuccess"
            await house.settle()
            assert await values(house) == [value] * 3
            assert await kept_days(house) == [value] * 3


async def test_a_day_that_is_lost_keeps_no_other_day_from_being_corrected(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history, small_house(tmp_path, history=history) as house:
        await house.says([reading("a", day * DAY, temperature=20.0) for day in (40, 60, 61, 89)])
        await retain(history, Policy(raw=10), now=at(0) + timedelta(days=90))
        await history.archive.expire(history.archive.holdings.sites["a"], to_micros(at(60 * DAY)))
        made = (await house.ask(CORRECT, {"from": None}, role=Role.OPERATOR))["correctReadings"]
        assert made["__typename"] == "CorrectReadingsSuccess"
        await house.settle()
        assert await kept_days(house) == [21.0, 20.0, 21.0, 21.0]


@pytest.mark.parametrize("calendar", ["UTC", "SITE"])
async def test_a_day_of_which_only_its_own_windows_are_kept_is_summed_up_from_these(tmp_path: Path, calendar: str) -> None:
    async with archived_history(tmp_path) as history, small_house(tmp_path, history=history) as house:
        await house.says([reading("a", second, temperature=20.0, par=300.0) for second in (0, 7200, 89 * DAY)])
        policy = Policy(raw=10, archive=50, minute=20, quarter=20, hour=20)
        await retain(history, policy, now=at(0) + timedelta(days=90))
        asked = f'dailySummary(deviceId: "a", date: "2026-06-01", calendar: {calendar}) {{ metric count mean }}'
        found = {one["metric"]: (one["count"], one["mean"]) for one in (await house.ask(f"{{ {asked} }}"))["dailySummary"]}
        assert found == {"temperature": (2, 20.0), "par": (2, 300.0), "growing_degree_days": (1, 10.0)}


async def values(house: House) -> list[float]:
    return [node["value"] for node in (await house.ask(READINGS))["readings"]["nodes"]]


async def kept_days(house: House) -> list[float]:
    """The means of the days of which there are readings, from the windows that are kept."""
    buckets = (await house.ask(DAYS))["series"][0]["buckets"]
    return [bucket["mean"] for bucket in buckets if bucket["count"]]


async def test_a_chart_below_a_minute_that_reaches_past_all_retention_is_refused(house: House) -> None:
    await house.says([reading("a", 0, temperature=20.0)])
    house.services.history.store.horizon = _Gone()  # type: ignore[union-attr]
    asked = (
        'series(selectors: [{deviceId: "a", sensorId: "main", metric: "temperature"}], from: "%s", to: "%s", window: "PT10S")'
    )
    past = f"{{ {asked % ('2020-01-01T00:00:00Z', '2020-01-01T00:01:00Z')} {{ buckets {{ count }} }} }}"
    now = f"{{ {asked % ('2026-06-01T00:00:00Z', '2026-06-01T00:01:00Z')} {{ buckets {{ count }} }} }}"
    assert await house.code(past) == "BEYOND_RETENTION"
    assert (await house.ask(now))["series"][0]["buckets"] == [{"count": 1}]


async def test_columns_of_readings_that_reach_past_all_retention_are_refused(house: House) -> None:
    await house.says([reading("a", 0, temperature=20.0)])
    house.services.history.store.horizon = _Gone()  # type: ignore[union-attr]
    asked = 'readingColumns(selectors: [{deviceId: "a", sensorId: "main", metric: "temperature"}], from: "%s", to: "%s")'
    past = f"{{ {asked % ('2020-01-01T00:00:00Z', '2020-01-01T00:01:00Z')} {{ values }} }}"
    now = f"{{ {asked % ('2026-06-01T00:00:00Z', '2026-06-01T00:01:00Z')} {{ values }} }}"
    assert await house.code(past) == "BEYOND_RETENTION"
    assert await house.ask(now) == {"readingColumns": [{"values": [20.0]}]}
