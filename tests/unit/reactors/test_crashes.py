"""Stopped at any moment and started again, with a checkpoint, an old one or none: sent at most once, in time, ended once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.event_log.iterating import closing
from adapters.event_log.port import Append, Appended, Conflict, Page
from adapters.mqtt.errors import NotAcknowledgedError
from schema.actuators import ActuatorSpec
from schema.commands import CommandEnded, Outcome, RequestedCommand, RequestEnded
from schema.envelope import EVERYTHING, Cursor, Filter, Position
from schema.events import ActuatorCommand
from tests.support.fake_log import FakeLog
from tests.support.reacting import FakeBroker, Greenhouse, quiet

LIFE: Final = 30


class SlowLog(FakeLog):
    """Whoever appends can be stopped before it is stored, and after that before he hears of it. What is new is told late."""

    late = 0

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        await asyncio.sleep(0)
        results = await super().append(appends)
        await asyncio.sleep(0)
        return results

    async def subscribe(
        self, after: Position | None, *, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        async with closing(super().subscribe(after, only=only, page_size=page_size)) as pages:
            async for page in pages:
                await _turns(self.late)
                yield page


class SlowBroker(FakeBroker):
    """Whoever publishes can be stopped before he hears of it."""

    async def publish_acked(self, topic: str, payload: bytes, **more: Any) -> int:
        reason = await super().publish_acked(topic, payload, **more)
        await asyncio.sleep(0)
        return reason


@dataclass
class Kept:
    """What outlives a crash: the log, and in place of a snapshot's file the last snapshot and those before."""

    log: SlowLog = field(default_factory=SlowLog)
    saved: list[tuple[Cursor, list[bytes]]] = field(default_factory=list)

    def load(self) -> tuple[Cursor, list[bytes]] | None:
        return self.saved[-1] if self.saved else None

    def save(self, cursor: Cursor, records: Sequence[bytes]) -> None:
        self.saved.append((cursor, list(records)))

    def lose(self, how: Literal["none", "last", "all"]) -> None:
        if how == "all":
            self.saved.clear()
        elif how == "last":
            del self.saved[-1:]


NUMBERS = st.integers(0, 3)
TOGETHER: Final = tuple(
    RequestedCommand(command_id=f"c{n}", device_id="box", actuator_id=f"a{n}", command="set", value="on", before="off")
    for n in range(3)
)
ACTIONS = st.one_of(
    st.tuples(st.just("ask"), NUMBERS, st.booleans()),
    st.tuples(st.just("answer"), NUMBERS, st.sampled_from(["accepted", "succeeded", "failed", "rejected"])),
    st.tuples(st.just("obey")),
    st.tuples(st.just("hand"), NUMBERS),
    st.tuples(st.just("status"), st.sampled_from(["online", "offline"])),
    st.tuples(st.just("broker"), st.sampled_from(["away", "there", "forgets", "refuses"])),
    st.tuples(st.just("late"), st.integers(0, 30)),
    st.tuples(st.just("turns"), st.integers(1, 40)),
    st.tuples(st.just("time"), st.sampled_from([0.1, 1.0, 20.0, 29.5, 31.0])),
    st.tuples(st.just("restart"), st.integers(0, 40), st.sampled_from(["none", "last", "all"])),
)


@settings(max_examples=80)
@given(st.lists(ACTIONS, max_size=25))
def test_whatever_happens_when_each_command_is_sent_at_most_once_in_time_and_ends_once(actions: list[tuple[Any, ...]]) -> None:
    asyncio.run(_lived_through(actions))


@settings(max_examples=60)
@given(st.lists(ACTIONS, max_size=25))
def test_whatever_happens_when_a_request_ends_once_and_nothing_is_set_back_twice(actions: list[tuple[Any, ...]]) -> None:
    house = asyncio.run(_lived_through(actions, TOGETHER))
    [ended] = [event for event in house.log.events("request-loop-1") if isinstance(event, RequestEnded)]
    ends = _ends(house)
    assert ended.succeeded == all(ends.get(one.command_id) is Outcome.SUCCEEDED for one in TOGETHER)
    backs = {event.sets_back: event.command_id for event in _asked(house) if event.sets_back is not None}
    assert all(ends[one] is Outcome.SUCCEEDED for one in backs)
    assert not (ended.succeeded and backs)
    assert {one for one, by in backs.items() if ends[by or ""] is Outcome.SUCCEEDED} == set(ended.set_back)


@settings(max_examples=60)
@given(st.lists(ACTIONS, max_size=25), st.booleans())
def test_two_that_both_act_as_if_the_lease_were_theirs_send_and_end_once_together(
    actions: list[tuple[Any, ...]], is_request: bool
) -> None:
    house = asyncio.run(_lived_through(actions, TOGETHER if is_request else (), rivals=1))
    assert sum(isinstance(event, RequestEnded) for event in house.log.events("request-loop-1")) == is_request


async def _lived_through(
    actions: list[tuple[Any, ...]], together: Sequence[RequestedCommand] = (), *, rivals: int = 0
) -> Greenhouse:
    house, kept = _house()
    house.waits = False
    await house.register(actuators=tuple(ActuatorSpec(actuator_id=f"a{number}") for number in range(4)))
    others = [_rival(house) for _ in range(rivals)]
    for one in (house, *others):
        await one.start()
    if together:
        await house.request(*together)
    asked: set[int] = set()
    for name, *details in actions:
        if name == "ask" and details[0] not in asked:
            asked.add(details[0])
            await _ask(house, *details)
        elif name != "ask":
            await _happens(house, kept, name, details)
    await quiet()
    kept.log.late = 0
    await _happens(house, kept, "broker", ["there"])
    await _happens(house, kept, "restart", [0, "none"])
    for _ in range(8):
        await quiet()
        await house.clock.advance(LIFE)
    for one in (house, *others):
        assert one.complaint() is None
        await one.stop()
    _check(house)
    return house


async def _happens(house: Greenhouse, kept: Kept, name: str, details: Sequence[Any]) -> None:
    match name, *details:
        case "broker", state:
            house.broker.is_connected = state != "away"
            house.broker.error = NotAcknowledgedError("lost") if state == "forgets" else None
            house.broker.reason = 135 if state == "refuses" else 0
        case "late", turns:
            kept.log.late = turns
        case "turns", count:
            await _turns(count)
        case "time", seconds:
            await house.clock.advance(seconds)
        case "restart", count, lost:
            await _turns(count)
            await house.stop()
            kept.lose(lost)
            await house.start()
        case _:
            await _is_said(house, name, details)


async def _is_said(house: Greenhouse, name: str, details: Sequence[Any]) -> None:
    match name, *details:
        case "answer", number, result:
            await house.answer(result, f"c{number}")
        case ("obey",):
            for command_id in list(house.broker.commands):
                await house.answer("succeeded", command_id)
        case "hand", number:
            await house.state("off", f"a{number}", by="device")
        case "status", status:
            await house.status(status)


async def _ask(house: Greenhouse, number: int, hold: bool) -> ActuatorCommand:
    deadline = house.clock.now() + timedelta(seconds=LIFE)
    return await house.ask(f"c{number}", actuator=f"a{number}", hold=hold, deadline=deadline)


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def _check(house: Greenhouse) -> None:
    deadlines = {event.command_id: event.deadline for event in _asked(house)}
    assert len(deadlines) == len(_asked(house))
    sent = house.broker.commands
    assert len(sent) == len(set(sent)), sent
    for one in house.broker.sent:
        deadline = deadlines[one.said["commandId"]]
        assert deadline is not None
        assert one.at + timedelta(seconds=one.expiry_s or 0) <= deadline
    assert _ends(house).keys() == deadlines.keys(), house.steps()


def _asked(house: Greenhouse) -> list[ActuatorCommand]:
    return [event for event in house.log.events("control-box") if isinstance(event, ActuatorCommand)]


def _ends(house: Greenhouse) -> dict[str, Outcome]:
    """How each command ended; a second end is an error."""
    ends = [event for event in house.log.events("control-box") if isinstance(event, CommandEnded)]
    assert len({event.command_id for event in ends}) == len(ends)
    return {event.command_id: event.outcome for event in ends}


def _house() -> tuple[Greenhouse, Kept]:
    kept = Kept()
    house = Greenhouse(log=kept.log, snapshot=kept)
    house.broker = SlowBroker(house.clock)
    return house, kept


def _rival(house: Greenhouse) -> Greenhouse:
    """Other reactors on the same log and the same broker."""
    rival = Greenhouse(log=house.log)
    rival.clock, rival.broker, rival.waits = house.clock, house.broker, False
    return rival
