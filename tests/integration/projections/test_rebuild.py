"""Over real stores: what serves equals a rebuild, in any order of the input, and after a kill at any moment."""

import asyncio
import os
import random
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from adapters.event_log.port import ANY, Append
from adapters.event_log.sqlite import SqliteEventLog
from domain.commands import CommandState
from projections.command_queries import CommandQuery
from schema.commands import CommandDispatching, CommandEnded, Outcome
from schema.envelope import Position
from schema.events import ActuatorEvent, Clock
from tests.support.command_events import asked, control, step
from tests.support.house_events import Said, at, pack, reading, tell
from tests.support.read_models import house_over

CHILD = Path(__file__).with_name("project_until_killed.py")
HERE = os.environ | {"PYTHONPATH": str(CHILD.parents[3])}


def told(number: int) -> Said:
    """The events of a house: mostly readings, some of a wrong clock, some states, some of commands."""
    device = f"tomato-{number % 20}"
    if number % 50 in _OF_COMMANDS:
        return _of_command(number // 50, number % 50)
    if number % 10 == 0:
        event = ActuatorEvent(device_id=device, actuator_id="vent", timestamp=at(number // 7), state=number % 3 / 2)
        return pack(f"device-{device}", event, own_id=str(number))
    clock = Clock.AHEAD if number % 97 == 0 else Clock.OK
    return reading(device, number // 7, own_id=str(number), clock=clock, temperature=number % 50 / 2)


_OF_COMMANDS = (10, 20, 30)


def _of_command(number: int, part: int) -> Said:
    """A command is asked for, sent, and ends."""
    command = asked(f"c{number}", device=f"tomato-{number % 7}")
    ended = step(CommandEnded, command, outcome=list(Outcome)[number % 3])
    event = {10: command, 20: step(CommandDispatching, command), 30: ended}[part]
    return control(event, command.correlation_id)


async def append(log: SqliteEventLog, said: list[Said], *, at_once: int = 5_000) -> None:
    """In this order within each stream, many streams at once."""
    for start in range(0, len(said), at_once):
        by_stream: dict[str, Append] = {}
        for stream, event in said[start : start + at_once]:
            held = by_stream.get(stream)
            by_stream[stream] = Append(stream, ANY, [*held.events, event] if held else [event])
        await log.append(list(by_stream.values()))


async def test_a_hundred_thousand_events_shuffled_and_doubled_give_the_same_read_models(
    log: SqliteEventLog, tmp_path: Path
) -> None:
    said = [told(number) for number in range(50_000)]
    await append(log, said)
    async with house_over(log, tmp_path / "ordered", rows=50_000) as house:
        await house.settled()
        ordered, count = await house.hashes(), await house.history.count()
    stirred = said * 2
    random.Random(11).shuffle(stirred)
    other = await SqliteEventLog.open(tmp_path / "stirred.db")
    await append(other, stirred)
    async with house_over(other, tmp_path / "stirred", rows=50_000) as house:
        await house.settled()
        assert await house.hashes() == ordered
        assert await house.history.count() == count == 45_000
    await other.close()


async def test_what_follows_live_appends_equals_a_rebuild(log: SqliteEventLog, tmp_path: Path) -> None:
    async with house_over(log, tmp_path / "live", rows=500) as live:
        for start in range(0, 6_000, 200):
            await append(log, [told(number) for number in range(start, start + 200)], at_once=50)
        await live.settled()
        async with house_over(log, tmp_path / "rebuilt") as rebuilt:
            await rebuilt.settled()
            assert await live.hashes() == await rebuilt.hashes()
            assert await live.commands.content_hash() == await rebuilt.commands.content_hash()
            assert live.latest.devices(first=99) == rebuilt.latest.devices(first=99)
        assert await live.history.count() == 5_400
        for number in (0, 1, 3_333, 5_999):
            stream, event = told(number)
            found = await live.lineage.find(event.id)
            assert found is not None
            assert (found.stream, found.data) == (stream, event.data)


async def test_killed_at_random_moments_it_comes_back_to_what_a_rebuild_gives(log: SqliteEventLog, tmp_path: Path) -> None:
    chance = random.Random(2)
    (tmp_path / "served").mkdir()
    for round_ in range(6):
        child = await asyncio.create_subprocess_exec(sys.executable, CHILD, tmp_path, env=HERE, stdout=PIPE)
        assert child.stdout is not None
        assert await child.stdout.readline() == b"running\n"
        await append(log, [told(number) for number in range(round_ * 3_000, round_ * 3_000 + 3_000)], at_once=100)
        for _ in range(chance.randrange(4)):
            await child.stdout.readline()
        child.kill()
        await child.wait()
    async with house_over(log, tmp_path / "served") as served, house_over(log, tmp_path / "rebuilt") as rebuilt:
        await served.settled()
        await rebuilt.settled()
        assert await served.hashes() == await rebuilt.hashes()
        assert await served.commands.content_hash() == await rebuilt.commands.content_hash()
        assert len(await served.commands.commands(CommandQuery(state=CommandState.FAILED, limit=500))) == 120
        assert await served.history.count() == 16_200


async def test_a_start_reads_only_the_tail(log: SqliteEventLog, tmp_path: Path) -> None:
    await append(log, [told(number) for number in range(4_000)])
    async with house_over(log, tmp_path / "served") as house:
        await house.settled()
    await tell(log, [told(number) for number in range(4_000, 4_010)])
    async with house_over(log, tmp_path / "served") as house:
        await house.settled()
        read = {status.name: status.events for status in house.engine.status()}
    assert (read["latest"], read["lineage"], read["accounts"]) == (10, 10, 0)
    assert read["history"] <= 10


async def test_a_subscriber_position_is_reached_by_all_models_soon_after_the_append(
    log: SqliteEventLog, tmp_path: Path
) -> None:
    async with house_over(log, tmp_path / "served") as house:
        for number in range(5):
            await tell(log, [told(number)])
            await asyncio.wait_for(house.settled(), timeout=30)
        assert {status.position for status in house.engine.status()} == {Position(5)}
