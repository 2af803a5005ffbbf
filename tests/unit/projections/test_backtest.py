"""Back-tests: over the log what runs live would have told, over the history what it tells of all in the order of time."""

from collections.abc import Sequence
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.history.duckdb import DuckDbHistory
from domain.alerting.hindsight import PastAlert
from domain.alerting.house import RuledHouse
from domain.alerting.places import Place
from domain.alerting.state import Output, Subject
from domain.alerting.watch import Word
from projections import backtest, replayed
from projections.backtest import HistoryBacktest
from projections.backtested import Backtested
from projections.batching import BatchPolicy
from projections.decisions import Decisions
from projections.historical import history_models
from projections.incoming import Pace
from projections.judging import Judge
from projections.remade import Remade
from projections.replayed import LogBacktest, TooManyAlertsError
from projections.rules import WindowRules
from schema.envelope import decode_metadata
from schema.events import Operation, ReadingCorrection, SensorReading
from schema.registry import REGISTRY
from schema.rules import AlertRuleDefined, Basis, Condition, Rate, Silence, Threshold
from schema.times import MINUTE_US, to_micros
from tests.support.engines import nothing_decided, read_all
from tests.support.house_events import START, Said, at, pack, reading, tell
from tests.support.memory_log import MemoryLog

FROM, TO = to_micros(START), to_micros(START + timedelta(days=3))
CONDITIONS: list[Condition] = [
    Threshold(metric="odour", above=30.0, hysteresis=2.0),
    Threshold(metric="odour", above=30.0, basis=Basis.MINUTES),
    Rate(metric="odour", above=60.0, over_seconds=600),
    Threshold(metric="dew_point", above=18.0, hysteresis=1.0),
    Rate(metric="vapour_pressure_deficit", above=2.0, over_seconds=600),
    Silence(),
]
rules = st.builds(
    AlertRuleDefined,
    rule_id=st.just("r"),
    name=st.just("Odd"),
    condition=st.sampled_from(CONDITIONS),
    for_seconds=st.sampled_from([60, 600]),
    again_seconds=st.just(0),
)
values = st.fixed_dictionaries(
    {"odour": st.sampled_from([20.0, 29.0, 31.0, 40.0])},
    optional={
        "temperature": st.sampled_from([20.0, 23.0, 26.0]),
        "humidity": st.sampled_from([60.0, 75.0]),
        "dew_point": st.sampled_from([15.0, 20.0]),
    },
)
amounts = {"odour": 15.0, "temperature": 2.0, "humidity": 5.0, "dew_point": 4.0}
hours = st.floats(0, 40).map(lambda hour: round(hour * 60) * 60)
heard = st.builds(
    lambda device, second, reading: SensorReading(device_id=device, sensor_id="main", timestamp=at(second), reading=reading),
    st.sampled_from("ab"),
    hours,
    values,
)
decided = st.builds(
    lambda number, device, metric, start, operation: ReadingCorrection(
        device_id=device,
        correction_id=str(number),
        metric=metric,
        start=at(start),
        operation=operation,
        amount=None if operation is Operation.EXCLUDE else amounts[metric],
        reason="x",
    ),
    st.integers(0, 100),
    st.sampled_from("ab"),
    st.sampled_from(list(amounts)),
    hours,
    st.sampled_from([Operation.OFFSET, Operation.EXCLUDE]),
)
houses = st.lists(st.one_of(heard, heard, heard, decided), max_size=40)


def said(event: SensorReading | ReadingCorrection) -> Said:
    return pack(f"{'device' if isinstance(event, SensorReading) else 'control'}-{event.device_id}", event)


def free(_: int) -> None:
    """Whoever asks may look at all there is."""


async def live(log: MemoryLog, rule: AlertRuleDefined) -> list[tuple[Subject, int | None, bool]]:
    """What is left of what the evaluator said while the log was written: about what, until when, and whether it was none."""
    house, left = RuledHouse(), dict[tuple[Subject, int], Output]()
    outputs = list(house.evaluator.define(rule, 0))
    async for page in log.read_all(None):
        for recorded in page.events:
            event, received_us = REGISTRY.unpack(recorded), to_micros(decode_metadata(recorded.metadata).received_at)
            outputs += house.take(recorded.id, event, site="farm", recorded_us=recorded.recorded_us, received_us=received_us)
    for output in [*outputs, *house.passed(TO)]:
        left[output.subject, output.said.alert.first_us] = output
    standing = ((output.subject, output.said.alert.episode, output.said.word) for output in left.values())
    told = ((about, one.ended_us, word is Word.REFUTED) for about, one, word in standing if one.raised_us < TO)
    return sorted(told, key=repr)


@settings(max_examples=80)
@given(houses, rules, st.sampled_from([1000, MINUTE_US, 20 * MINUTE_US]))
async def test_over_the_log_it_tells_what_the_live_evaluator_told(
    told: list[SensorReading | ReadingCorrection], rule: AlertRuleDefined, step: int
) -> None:
    log = MemoryLog(start_us=FROM + 40 * 60 * MINUTE_US, step_us=step)
    await tell(log, map(said, told))
    found = (await LogBacktest(log, lambda _: True).run(rule, FROM, TO, most=500, spend=free)).found
    assert sorted(((one.subject, one.alert.ended_us, one.alert.refuted) for one in found), key=repr) == await live(log, rule)


def received(told: Said, days: int) -> Said:
    stream, event = told
    metadata = replace(decode_metadata(event.metadata), received_at=START + timedelta(days=days))
    return stream, replace(event, metadata=msgspec.json.encode(metadata))


@settings(max_examples=80)
@given(
    st.lists(st.tuples(heard, st.sampled_from([3, 300])), max_size=40), rules, st.booleans(), st.sampled_from([1000, MINUTE_US])
)
async def test_of_history_that_was_handed_in_it_tells_what_the_live_evaluator_told(
    told: list[tuple[SensorReading, int]], rule: AlertRuleDefined, wants: bool, step: int
) -> None:
    rule = replace(rule, evaluate_backfill=wants)
    log = MemoryLog(start_us=FROM + 40 * 60 * MINUTE_US, step_us=step)
    await tell(log, [received(said(event), days) for event, days in told])
    found = (await LogBacktest(log, lambda _: True).run(rule, FROM, TO, most=500, spend=free)).found
    assert sorted(((one.subject, one.alert.ended_us, one.alert.refuted) for one in found), key=repr) == await live(log, rule)


def in_order(told: Sequence[SensorReading | ReadingCorrection], rule: AlertRuleDefined) -> list[tuple[Subject, PastAlert]]:
    """What the evaluator tells of corrections first, and then of each reading when it is measured."""
    house, alerts = RuledHouse(), dict[tuple[Subject, int], PastAlert]()
    house.evaluator.define(rule, 0)
    for event in told:
        if isinstance(event, ReadingCorrection):
            house.take(said(event)[1].id, event, site=None, recorded_us=0)
    readings = [(event.timestamp, said(event)[1].id, event) for event in told if isinstance(event, SensorReading)]
    outputs = list[Output]()
    for timestamp, event_id, event in sorted(readings, key=itemgetter(0, 1)):
        outputs += house.take(event_id, event, site="farm", recorded_us=to_micros(timestamp))
    for output in [*outputs, *house.passed(TO)]:
        episode, key = output.said.alert.episode, (output.subject, output.said.alert.first_us)
        raised = alerts[key].raised_us if key in alerts else episode.raised_us
        alerts[key] = PastAlert(key[1], raised, episode.ended_us, episode.cleared_us, None)
    return sorted(((subject, alert) for (subject, _), alert in alerts.items()), key=repr)


async def in_hindsight(told: Sequence[SensorReading | ReadingCorrection], rule: AlertRuleDefined, folder: Path) -> Backtested:
    log, decisions = MemoryLog(), Decisions()
    await tell(log, map(said, told))
    history = await DuckDbHistory.open(folder / "history.duckdb", memory="128MB", threads=1)
    try:
        policy, pace = BatchPolicy(rows=5, pause_seconds=0.0), Pace(rows=5, pause_seconds=0.0)
        raw, windows = history_models(history, decisions, nothing_decided, policy=policy, pace=pace)
        await read_all(log, [decisions, raw], derived=[windows])
        judge = Judge(WindowRules().quality, decisions)
        remade = Remade(history, judge, lambda _: ZoneInfo("UTC"))
        test = HistoryBacktest(history, judge, windows=remade, place_of=lambda _: Place("farm"))
        return await test.run(rule, FROM, TO, most=500, spend=free)
    finally:
        await history.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(told=houses, rule=rules, rows_at_once=st.sampled_from([1, 10_000]))
async def test_over_the_history_it_tells_what_would_be_told_of_all_in_order_and_corrected_before(
    told: list[SensorReading | ReadingCorrection], rule: AlertRuleDefined, rows_at_once: int
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(backtest, "ROWS_AT_ONCE", rows_at_once)
        found = (await in_hindsight(told, rule, Path(folder))).found
    assert sorted(((one.subject, replace(one.alert, value=None)) for one in found), key=repr) == in_order(told, rule)


async def test_what_raises_far_too_many_alerts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    log = MemoryLog(start_us=TO)
    await tell(log, [reading("a", 3600 * number, odour=40.0 - number % 2 * 20) for number in range(20)])
    rule = AlertRuleDefined(rule_id="r", name="Odd", condition=CONDITIONS[0], again_seconds=0)
    monkeypatch.setattr(replayed, "MOST_ALERTS", 5)
    with pytest.raises(TooManyAlertsError):
        await LogBacktest(log, lambda _: True).run(rule, FROM, TO, most=500, spend=free)


async def test_whoever_sees_a_part_is_told_of_the_size_of_that_part_alone() -> None:
    log = MemoryLog(start_us=TO)
    await tell(log, [reading(device, 3600 * number, odour=40.0) for number in range(5) for device in ("a", "b")])
    rule = AlertRuleDefined(rule_id="r", name="Odd", condition=CONDITIONS[0])
    found = await LogBacktest(log, lambda device: device == "a").run(rule, FROM, TO, most=500, spend=free)
    assert (found.looked_at, found.series) == (5, 1)
