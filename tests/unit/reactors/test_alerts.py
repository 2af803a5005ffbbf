"""The alert reactor: what rules say becomes events of the alert's own stream, each word once, whatever is killed when."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.event_log.port import ANY, Append
from adapters.snapshot import SnapshotFile
from reactors.alert_state import SNAPSHOT_KIND, SNAPSHOT_VERSION
from reactors.alerts import AlertVoice
from reactors.teller import Teller
from schema.envelope import RecordedEvent, decode_metadata
from schema.events import DeviceMetadata, Event, Operation, ReadingCorrection
from schema.ids import format_event_id
from schema.registry import REGISTRY
from schema.rules import AlertCleared, AlertRaised, AlertRefuted, AlertRuleDefined, Basis, Silence, Threshold, Where
from schema.times import to_micros
from tests.support.house_events import Said, at, pack, reading, tell
from tests.support.memory_log import MemoryLog
from tests.support.reacting import HeldClock

HOT = Threshold(metric="temperature", above=30.0)
NOW = HeldClock().now()
SECOND = 1_000_000


def rule(condition: Threshold | Silence = HOT, lasts: float = 0.0, number: int = 0) -> Said:
    name = f"hot-{number}"
    return pack(f"rule-{name}", AlertRuleDefined(rule_id=name, name="Too hot", condition=condition, for_seconds=lasts))


def warm(number: int, value: float) -> Said:
    """Measured a second after the one before, a minute ago and more."""
    return reading("box", (NOW - at(0)).total_seconds() - 600 + number, temperature=value)


def log_of_now(ahead: int = 0) -> MemoryLog:
    """What is measured at each second is taken in it, or as long ahead of it as the device's clock is wrong."""
    return MemoryLog(start_us=to_micros(NOW) - (600 + ahead) * SECOND, step_us=SECOND)


async def at_once() -> None:
    """Nobody else acts on this log."""


@asynccontextmanager
async def at_work(log: MemoryLog, clock: HeldClock, file: SnapshotFile | None = None) -> AsyncIterator[Teller[AlertVoice]]:
    reactor = Teller(log, AlertVoice(), file, clock=clock, standing=at_once)
    working = asyncio.create_task(reactor.run(), name="alerts")
    try:
        yield reactor
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def words(log: MemoryLog) -> list[RecordedEvent]:
    return [recorded async for page in log.read_all(None) for recorded in page.events if recorded.category == "alert"]


async def told(log: MemoryLog, count: int) -> Sequence[Event]:
    """What is said, once it is so much."""
    while len(found := await words(log)) < count:
        await asyncio.sleep(0.001)
    return [REGISTRY.unpack(recorded) for recorded in found]


async def test_an_alert_is_raised_and_cleared_in_a_stream_of_its_own_and_says_what_it_follows_from() -> None:
    log, clock = log_of_now(), HeldClock()
    await tell(log, [rule(), warm(1, 31.0), warm(2, 20.0)])
    async with at_work(log, clock):
        raised, cleared = await told(log, 2)
    assert isinstance(raised, AlertRaised)
    assert isinstance(cleared, AlertCleared)
    assert (raised.kind, raised.device_id, raised.metric, raised.value, raised.rule_revision) == (
        "TemperatureAlert", "box", "temperature", 31.0, 0,
    )  # fmt: skip
    first, _ = await words(log)
    assert first.stream == f"alert-{raised.alert_id}"
    metadata = decode_metadata(first.metadata)
    assert metadata.correlation_id == raised.alert_id
    assert (metadata.causation_id,) == raised.evidence


async def test_a_rule_counts_from_its_place_in_the_log_on_for_devices_that_no_rule_was_about_before() -> None:
    log, clock = log_of_now(), HeldClock()
    await tell(log, [warm(1, 20.0), rule(), warm(2, 31.0)])
    async with at_work(log, clock):
        [raised] = await told(log, 1)
    assert isinstance(raised, AlertRaised)


async def test_a_rule_counts_for_a_device_that_comes_to_where_the_rule_is_about() -> None:
    log, clock = log_of_now(), HeldClock()
    here = AlertRuleDefined(rule_id="here", name="Too hot", condition=HOT, where=Where(location="farm/1"))
    moves = DeviceMetadata(device_id="box", location="farm/1/zone")
    await tell(log, [pack("rule-here", here), warm(1, 31.0), pack("control-box", moves), warm(2, 32.0)])
    async with at_work(log, clock):
        [raised] = await told(log, 1)
    assert isinstance(raised, AlertRaised)
    assert raised.value == 32.0


BY_MINUTES = Threshold(metric="temperature", above=30.0, basis=Basis.MINUTES)


@pytest.mark.parametrize(
    ("condition", "lasts", "first", "last"),
    [
        (HOT, 0.0, 2, 2),
        (HOT, 10.0, 2, 12),
        (HOT, 300.0, 2, 302),
        (BY_MINUTES, 0.0, 60, 119),
        (BY_MINUTES, 120.0, 60, 239),
        (BY_MINUTES, 360.0, 60, 479),
    ],
)
async def test_the_first_reading_and_the_last_of_what_raised_it_are_its_evidence(
    condition: Threshold, lasts: float, first: int, last: int
) -> None:
    """Also where there are more between them than are at hand."""
    log, clock, cold = log_of_now(ahead=5), HeldClock(), 60 if condition is BY_MINUTES else 2
    readings = [warm(number, 20.0 if number < cold else 31.0) for number in range(500)]
    await tell(log, [rule(condition, lasts), *readings])
    async with at_work(log, clock):
        [raised] = await told(log, 1)
    assert isinstance(raised, AlertRaised)
    assert raised.evidence == tuple(format_event_id(readings[number][1].id) for number in dict.fromkeys([first, last]))


async def test_what_time_alone_raised_is_shown_by_the_readings_before() -> None:
    log, clock = log_of_now(), HeldClock()
    readings = [warm(number, 31.0) for number in (1, 2, 3)]
    await tell(log, [rule(lasts=60.0), *readings])
    async with at_work(log, clock):
        [raised] = await told(log, 1)
    [word] = await words(log)
    assert isinstance(raised, AlertRaised)
    assert raised.evidence == tuple(format_event_id(said.id) for _, said in (readings[0], readings[-1]))
    assert decode_metadata(word.metadata).causation_id is None


async def test_of_what_a_late_reading_shows_the_evidence_is_the_stretch_and_the_late_one_the_cause() -> None:
    log, clock = log_of_now(), HeldClock()
    readings = [warm(number, 31.0 if number in {5, 6} else 20.0) for number in (1, 2, 9, 5, 6)]
    await tell(log, [rule(lasts=3.0), *readings])
    async with at_work(log, clock):
        raised, _ = await told(log, 2)
    assert isinstance(raised, AlertRaised)
    assert decode_metadata((await words(log))[0].metadata).causation_id == format_event_id(readings[3][1].id)
    assert raised.evidence == (format_event_id(readings[3][1].id),)


@pytest.mark.parametrize("wanted", [True, False])
async def test_of_history_that_is_handed_in_an_alert_is_raised_where_its_rule_wants_it_and_says_so(wanted: bool) -> None:
    log, clock = log_of_now(), HeldClock()
    cold = AlertRuleDefined(
        rule_id="cold", name="Cold", condition=Threshold(metric="temperature", below=0.0), evaluate_backfill=wanted
    )
    history = reading("box", -10 * 86_400, temperature=-1.0)
    await tell(log, [pack("rule-cold", cold), rule(), history, warm(1, 31.0)])
    async with at_work(log, clock):
        raised = [each for each in await told(log, 1 + wanted) if isinstance(each, AlertRaised)]
    assert [(each.rule_id, each.backfilled) for each in raised] == [("cold", True), ("hot-0", False)][not wanted :]


async def test_what_was_said_before_a_crash_is_not_said_again() -> None:
    log, clock = log_of_now(), HeldClock()
    await tell(log, [rule(), warm(1, 31.0), warm(2, 20.0)])
    async with at_work(log, clock):
        await told(log, 2)
    await tell(log, [warm(3, 20.0), warm(700, 33.0)])
    async with at_work(log, clock):
        said = await told(log, 3)
        assert [type(each) for each in said] == [AlertRaised, AlertCleared, AlertRaised]
    assert len({event.id for event in await words(log)}) == len(await words(log))


async def test_nothing_is_said_again_of_an_alert_that_came_and_went_for_long() -> None:
    log, clock = log_of_now(), HeldClock()
    await tell(log, [rule(), *(warm(number, 31.0 if number % 2 else 20.0) for number in range(240))])
    async with at_work(log, clock):
        before = await told(log, 239)
    await tell(log, [warm(240, 20.0), warm(241, 33.0)])
    async with at_work(log, clock):
        said = await told(log, 241)
    assert len({recorded.stream for recorded in await words(log)}) == 1
    assert said[:239] == before
    assert len({recorded.id for recorded in await words(log)}) == len(said) == 241


async def test_of_much_that_is_said_of_a_page_the_first_is_said_before_the_last_is_known() -> None:
    log, clock = log_of_now(), HeldClock()
    await tell(log, [rule(number=number) for number in range(60)])
    await tell(log, [warm(number, 31.0 if number % 2 else 20.0) for number in range(200)])
    stream, good = warm(300, 20.0)
    await log.append([Append(stream, ANY, [type(good)(good.id, good.type, b"[]", good.metadata)])])
    async with at_work(log, clock) as reactor:
        while "halted" not in (reactor.complaint() or ""):
            await asyncio.sleep(0.001)
    assert len(await words(log)) >= 60 * 150


async def test_it_goes_on_from_its_snapshot(tmp_path: Path) -> None:
    log, clock = log_of_now(), HeldClock()
    file = SnapshotFile(tmp_path / "alerts.json", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)
    await tell(log, [rule(), warm(1, 31.0)])
    async with at_work(log, clock, file):
        await told(log, 1)
    saved = file.load()
    assert saved is not None
    await tell(log, [warm(2, 20.0)])
    async with at_work(log, clock, file):
        assert [type(each) for each in await told(log, 2)] == [AlertRaised, AlertCleared]


async def test_an_alert_that_is_known_once_it_is_over_is_raised_and_cleared() -> None:
    log, clock = log_of_now(), HeldClock()
    await tell(log, [rule(), warm(1, 20.0), warm(9, 20.0), warm(5, 31.0)])
    async with at_work(log, clock):
        raised, cleared = await told(log, 2)
    assert isinstance(raised, AlertRaised)
    assert isinstance(cleared, AlertCleared)


async def test_time_alone_raises_an_alert() -> None:
    log, clock = MemoryLog(start_us=to_micros(NOW), step_us=1), HeldClock()
    await tell(log, [rule(Silence(), lasts=60.0), warm(600, 20.0)])
    async with at_work(log, clock) as reactor:
        while reactor.complaint() is not None:
            await asyncio.sleep(0.001)
        await clock.advance(30)
        assert await words(log) == []
        await clock.advance(40)
        [raised] = await told(log, 1)
    assert isinstance(raised, AlertRaised)
    assert (raised.kind, raised.sensor_id, raised.evidence) == ("DeviceSilent", None, ())


async def test_a_correction_refutes_what_was_said() -> None:
    log, clock = log_of_now(), HeldClock()
    halved = ReadingCorrection(
        device_id="box", correction_id="c", metric="temperature", operation=Operation.SCALE, amount=0.5, reason="doubled"
    )
    await tell(log, [rule(), warm(1, 40.0), pack("control-box", halved)])
    async with at_work(log, clock):
        assert [type(each) for each in await told(log, 2)] == [AlertRaised, AlertRefuted]


async def test_others_may_write_to_the_stream_of_an_alert() -> None:
    log, clock = log_of_now(), HeldClock()
    await tell(log, [rule(), warm(1, 31.0)])
    async with at_work(log, clock):
        [raised] = await told(log, 1)
        [first] = await words(log)
        assert isinstance(raised, AlertRaised)
        _, other = pack(first.stream, AlertRefuted(alert_id=raised.alert_id, timestamp=NOW, reason="by hand"))
        await log.append([Append(first.stream, ANY, [other])])
        await tell(log, [warm(2, 20.0)])
        assert isinstance((await told(log, 3))[-1], AlertCleared)


async def test_an_event_that_cannot_be_read_halts_it_and_is_shown() -> None:
    log, clock = log_of_now(), HeldClock()
    stream, good = rule()
    await log.append([Append(stream, ANY, [type(good)(good.id, good.type, b"[]", good.metadata)])])
    async with at_work(log, clock) as reactor:
        while "halted" not in (reactor.complaint() or ""):
            await asyncio.sleep(0.001)
