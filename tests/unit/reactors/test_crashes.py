"""Stopped at any moment and started again, with a checkpoint, an old one or none: sent at most once, in time, ended once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.event_log.iterating import closing
from adapters.event_log.port import Append, Appended, Conflict, Page
from adapters.mqtt.errors import NotAcknowledgedError
from schema.commands import CommandEnded
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
ACTIONS = st.one_of(
    st.tuples(st.just("ask"), NUMBERS, st.booleans()),
    st.tuples(st.just("answer"), NUMBERS, st.sampled_from(["accepted", "succeeded", "failed", "rejected"])),
    st.tuples(st.just("hand"), NUMBERS),
    st.tuples(st.just("status"), st.sampled_from(["online", "offline"])),
    st.tuples(st.just("broker"), st.sampled_from(["away", "there", "forgets", "refuses"])),
    st.tuples(st.just("late"), st.integers(0, 30)),
    st.tuples(st.just("turns"), st.integers(1, 40)),
    st.tuples(st.just("time"), st.sampled_from([0.1, 1.0, 20.0, 29.5, 31.0])),
    st.tuples(st.just("restart"), st.integers(0, 40), st.sampled_from(["none", "last", "all"])),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTIONS, max_size=25))
def test_whatever_happens_when_each_command_is_sent_at_most_once_in_time_and_ends_once(actions: list[tuple[Any, ...]]) -> None:
    asyncio.run(_lived_through(actions))


async def _lived_through(actions: list[tuple[Any, ...]]) -> None:
    house, kept = _house()
    house.waits = False
    await house.register()
    await house.start()
    asked: dict[int, ActuatorCommand] = {}
    for name, *details in actions:
        if name == "ask" and details[0] not in asked:
            asked[details[0]] = await _ask(house, *details)
        elif name != "ask":
            await _happens(house, kept, name, details)
    await quiet()
    kept.log.late = 0
    await _happens(house, kept, "broker", ["there"])
    await _happens(house, kept, "restart", [0, "none"])
    for _ in range(4):
        await quiet()
        await house.clock.advance(LIFE)
    await house.stop()
    _check(house, {event.command_id or "": event.deadline or event.timestamp for event in asked.values()})


async def _happens(house: Greenhouse, kept: Kept, name: str, details: Sequence[Any]) -> None:
    match name, *details:
        case "answer", number, result:
            await house.answer(result, f"c{number}")
        case "hand", number:
            await house.state("off", f"a{number}", by="device")
        case "status", status:
            await house.status(status)
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


async def _ask(house: Greenhouse, number: int, hold: bool) -> ActuatorCommand:
    deadline = house.clock.now() + timedelta(seconds=LIFE)
    return await house.ask(f"c{number}", actuator=f"a{number}", hold=hold, deadline=deadline)


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def _check(house: Greenhouse, deadlines: dict[str, datetime]) -> None:
    sent = house.broker.commands
    assert len(sent) == len(set(sent)), sent
    for one in house.broker.sent:
        assert one.at + timedelta(seconds=one.expiry_s or 0) <= deadlines[one.said["commandId"]]
    ends = [event.command_id for event in house.log.events("control-box") if isinstance(event, CommandEnded)]
    assert sorted(ends) == sorted(deadlines), house.steps()


def _house() -> tuple[Greenhouse, Kept]:
    kept = Kept()
    house = Greenhouse(log=kept.log, snapshot=kept)
    house.broker = SlowBroker(house.clock)
    return house, kept
