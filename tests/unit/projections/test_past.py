"""The past of a device: what a fresh projection of the log, cut off there, says; whatever came late, again, in any order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.history.port import BeyondRetentionError, RangeQuery
from projections import stretch_of_stream
from projections.house_state import HouseState
from projections.latest import LatestState
from projections.latest_queries import DeviceView
from projections.moment import Moment
from projections.opening import open_page
from projections.past import Past, PastState
from schema.events import ActuatorEvent, Clock, DeviceMetadata, DeviceStatus
from schema.times import EARLIEST_US, LATEST_US, MINUTE_US, to_micros
from tests.support.any_house import decided, decisions, events, mixed, said, stirred
from tests.support.engines import read_all
from tests.support.house_events import START, Said, at, pack, reading, tell
from tests.support.memory_log import MemoryLog

DEVICE = "tomato-1"
RECORDING_US = to_micros(at(6))
"""When the first event is recorded: after all that is ever said."""


houses = st.lists(st.builds(said, events, st.just("farm")), max_size=25)
control = st.lists(decisions, max_size=8).map(lambda made: [decided(*each) for each in enumerate(made)])
moments = st.integers(-1, 6).map(at)


def no_cap(_: int) -> None:
    """However many events."""


async def a_log(told: Sequence[Said]) -> tuple[MemoryLog, LatestState]:
    log, latest = MemoryLog(start_us=RECORDING_US), LatestState()
    await tell(log, told)
    await read_all(log, [latest])
    return log, latest


async def projected(log: MemoryLog, as_of: datetime, since: datetime | None, known_us: int) -> DeviceView | None:
    """What a fresh projection of the log shows, where it ends there and nothing was said later."""
    house = HouseState()
    async for page in log.read_all(None):
        for fed in open_page(page, caught_up=False).events:
            timestamp = getattr(fed.event, "timestamp", as_of)  # decisions have none
            if fed.recorded.recorded_us <= known_us and timestamp <= as_of and (since is None or timestamp >= since):
                house.take(fed)
    return house.device(DEVICE)


def content(view: DeviceView | None) -> Any:
    """What is shown of a device, but for which of two copies of an event it was."""
    if view is None or not (
        view.readings or view.actuators or view.status or view.model or view.firmware_version or view.places
    ):
        return None
    readings = [(r.sensor, r.metric, r.value, r.quality, r.timestamp, r.event_id, r.correction) for r in view.readings]
    actuators = [(a.actuator, a.state, a.timestamp, a.event_id) for a in view.actuators]
    words = (view.name, view.model, view.firmware_version, view.status, view.status_at, view.location, view.retired_at)
    return words, readings, actuators, view.corrections, view.places


logs = st.builds(lambda told, made, seed: mixed(stirred(told, seed), made, seed), houses, control, st.integers(0, 1000))


@settings(max_examples=200)
@given(told=logs, as_of=moments, back=st.none() | st.integers(0, 5), known=st.integers(0, 40))
async def test_the_state_is_that_of_a_fresh_projection_of_the_log_cut_off_there(
    told: list[Said], as_of: datetime, back: int | None, known: int
) -> None:
    log, latest = await a_log(told)
    since = None if back is None else as_of - timedelta(seconds=back)
    known_us = RECORDING_US + 1000 * known
    past = await Past(log, latest).state(DEVICE, Moment(as_of, since, known_us), no_cap)
    assert content(past.view if past else None) == content(await projected(log, as_of, since, known_us))


@settings(max_examples=100)
@given(told=logs)
async def test_the_state_now_is_the_latest(told: list[Said]) -> None:
    log, latest = await a_log(told)
    for known_us in (None, LATEST_US):
        past = await Past(log, latest).state(DEVICE, Moment(at(10), None, known_us), no_cap)
        assert content(past.view if past else None) == content(latest.device(DEVICE))


async def state(told: Sequence[Said], as_of: float, known_after: int | None = None, **more: Any) -> PastState | None:
    """The state as it was known after so many of these."""
    log, latest = await a_log(told)
    known_us = None if known_after is None else RECORDING_US + 1000 * known_after
    return await Past(log, latest).state(DEVICE, Moment(at(as_of), more.get("since"), known_us), more.get("spend", no_cap))


async def test_what_came_late_or_was_decided_later_was_not_known_before() -> None:
    told = [
        reading(DEVICE, 3, temperature=23.0),
        pack(f"control-{DEVICE}", DeviceMetadata(device_id=DEVICE, name="Tomatoes", location="farm/one")),
        reading(DEVICE, 4, temperature=24.0),
        reading(DEVICE, 2, temperature=22.0),
        pack(f"control-{DEVICE}", DeviceMetadata(device_id=DEVICE, name="Basil", location="farm/two", located_since=at(3))),
    ]
    assert await state(told, 9, 0) is None
    assert await state(told, 1) is not None  # for its name
    for as_of, known_after, value, name, location in [
        (9, 1, 23.0, None, None),
        (3.5, 4, 23.0, "Tomatoes", "farm/one"),
        (2.5, 4, 22.0, "Tomatoes", "farm/one"),
        (2.5, 5, 22.0, "Basil", "farm/one"),
        (3.5, 5, 23.0, "Basil", "farm/two"),
        (9, None, 24.0, "Basil", "farm/two"),
    ]:
        past = await state(told, as_of, known_after)
        assert past is not None
        assert ([r.value for r in past.view.readings], past.view.name, past.location) == ([value], name, location)


async def test_what_is_the_latest_still_is_not_looked_for_in_the_log() -> None:
    folded: list[int] = []
    told = [
        pack(f"device-{DEVICE}", DeviceStatus(device_id=DEVICE, timestamp=at(0), status="online")),
        pack(f"device-{DEVICE}", ActuatorEvent(device_id=DEVICE, actuator_id="vent", timestamp=at(0), state=True)),
        *(reading(DEVICE, second, temperature=float(second)) for second in range(5)),
    ]
    assert await state(told, 9, spend=folded.append) is not None
    assert folded == []


async def a_reading_a_second(seconds: int) -> Past:
    """Each is recorded a second after it was measured."""
    log, latest = MemoryLog(start_us=to_micros(START), step_us=1_000_000), LatestState()
    await tell(log, [reading(DEVICE, second, temperature=float(second)) for second in range(seconds)])
    await read_all(log, [latest])
    return Past(log, latest)


async def test_the_log_is_read_no_further_back_than_anything_newer_could_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretch_of_stream, "_PAGE", 10)
    past = await a_reading_a_second(1500)
    for known_after, least in ((None, 860), (1000, 360)):
        folded: list[int] = []
        known_us = None if known_after is None else to_micros(at(known_after))
        found = await past.state(DEVICE, Moment(at(999), known_us=known_us), folded.append)
        assert found is not None
        assert [r.value for r in found.view.readings] == [999.0]
        assert least <= sum(folded) <= least + 10


async def test_where_the_start_of_what_is_needed_has_left_the_log_it_is_said() -> None:
    told = [reading(DEVICE, second, temperature=float(second)) for second in range(5)]
    log, latest = await a_log(told)
    await log.truncate(f"device-{DEVICE}", 2)
    past = Past(log, latest)
    with pytest.raises(BeyondRetentionError, match=r"before 2026-06-01T00:00:06.003000Z has left the event log.*lookBack"):
        await past.state(DEVICE, Moment(at(1)), no_cap)
    with pytest.raises(BeyondRetentionError, match="has left the event log"):
        await past.readings(DEVICE, to_micros(at(1)), LATEST_US, known_us=LATEST_US, spend=no_cap)
    kept = await past.readings(DEVICE, EARLIEST_US, LATEST_US, known_us=LATEST_US, spend=no_cap)
    assert [row.value for row in await kept.readings(RangeQuery(device=DEVICE))] == [2.0, 3.0, 4.0]


async def test_where_all_that_is_needed_has_left_the_log_it_is_not_taken_for_nothing() -> None:
    told = [reading(DEVICE, second, temperature=float(second)) for second in range(5)]
    log, latest = await a_log([*told, reading("tomato-2", 9, temperature=1.0)])
    await log.truncate(f"device-{DEVICE}", 5)
    past = Past(log, latest)
    with pytest.raises(BeyondRetentionError, match="long ago has left the event log"):
        await past.state(DEVICE, Moment(at(1)), no_cap)
    with pytest.raises(BeyondRetentionError, match="long ago has left the event log"):
        await past.readings(DEVICE, to_micros(at(1)), LATEST_US, known_us=LATEST_US, spend=no_cap)
    now = await past.state(DEVICE, Moment(at(4)), no_cap)
    assert now is not None
    assert [one.value for one in now.view.readings] == [4.0]
    nobody = await past.readings("nobody", to_micros(at(1)), LATEST_US, known_us=LATEST_US, spend=no_cap)
    assert await nobody.readings(RangeQuery(device="nobody")) == []
    unheard = await past.readings("tomato-2", to_micros(at(1)), LATEST_US, known_us=EARLIEST_US, spend=no_cap)
    assert await unheard.readings(RangeQuery(device="tomato-2")) == []


async def test_a_reading_of_a_clock_that_ran_ahead_is_no_part_of_the_past() -> None:
    told = [reading(DEVICE, 1, temperature=1.0), reading(DEVICE, 2, temperature=2.0, clock=Clock.AHEAD)]
    log, latest = await a_log(told)
    known = await Past(log, latest).readings(DEVICE, EARLIEST_US, LATEST_US, known_us=LATEST_US, spend=no_cap)
    assert [row.value for row in await known.readings(RangeQuery(device=DEVICE))] == [1.0]


async def test_only_the_part_of_the_log_is_read_in_which_it_can_be() -> None:
    past, counted = await a_reading_a_second(1500), list[int]()
    known = await past.readings(
        DEVICE, to_micros(at(800)), to_micros(at(803)), known_us=to_micros(at(1000)), spend=counted.append
    )
    assert [row.value for row in await known.readings(RangeQuery(device=DEVICE))] == [800.0, 801.0, 802.0]
    assert counted == [0, 561]


@settings(max_examples=300)
@given(
    lags=st.lists(st.tuples(st.sampled_from(["one", "one", "two"]), st.sampled_from([-5, 0, 20])), max_size=10),
    as_of=st.integers(0, 40),
    known=st.none() | st.integers(0, 40),
)
async def test_where_the_log_is_read_no_further_nothing_newer_was_before(
    lags: list[tuple[str, int]], as_of: int, known: int | None
) -> None:
    """Readings that are late, or of a clock that is as far ahead as is believed; four minutes between two."""
    log, latest = MemoryLog(start_us=to_micros(START), step_us=4 * MINUTE_US), LatestState()
    late = [(4 * number - lag, sensor) for number, (sensor, lag) in enumerate(lags, 1)]
    await tell(log, [reading(DEVICE, 60 * minute, sensor=sensor, own_id=str(minute), t=1.0) for minute, sensor in late])
    await read_all(log, [latest])
    known_us = None if known is None else to_micros(at(60 * known))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretch_of_stream, "_PAGE", 1)
        past = await Past(log, latest).state(DEVICE, Moment(at(60 * as_of), None, known_us), no_cap)
    expected = await projected(log, at(60 * as_of), None, LATEST_US if known_us is None else known_us)
    assert content(past.view if past else None) == content(expected)
