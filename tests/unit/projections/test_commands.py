"""The read model of commands: each with its steps, found by what one knows of it, and the same whenever it is rebuilt."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from domain.commands import CommandState
from domain.control import Control, fold
from projections.batching import BatchPolicy
from projections.command_queries import CommandQuery, CommandView
from projections.commands import Commands
from projections.engine import Engine
from projections.read_model import TryAgainError
from schema.commands import (
    CommandAcknowledged,
    CommandDispatched,
    CommandDispatching,
    CommandEnded,
    CommandsRequested,
    CommandStep,
    OnFailure,
    Outcome,
    OverrideBegun,
    RequestEnded,
)
from schema.events import ActuatorCommand, DeviceMetadata, Event
from tests.support.command_events import asked, command_id, control, correlated, step
from tests.support.engines import running
from tests.support.house_events import START, Said, at, pack, tell
from tests.support.memory_log import MemoryLog
from tests.support.spoiling import spoil_behind_first_page

AT_ONCE = BatchPolicy(rows=5, pause_seconds=0.0, bare_checkpoint_seconds=0.0)
HEATER = asked("morning")


@asynccontextmanager
async def known(log: MemoryLog, folder: Path) -> AsyncIterator[Commands]:
    """The commands of all that the log holds now, following it until the block ends."""
    commands = await Commands.open(folder / "commands.db", AT_ONCE)
    async with running(log, [commands]) as engine:
        await _reach_head(log, engine)
        yield commands


async def _reach_head(log: MemoryLog, engine: Engine) -> None:
    head = await log.head()
    if head is not None:
        await engine.reached("commands", head)


def life(of: ActuatorCommand, outcome: Outcome = Outcome.SUCCEEDED) -> list[Said]:
    """A command from its request to its end."""
    steps = [step(CommandDispatching, of, 1), step(CommandDispatched, of, 2), step(CommandAcknowledged, of, 3)]
    ended = step(CommandEnded, of, 4, outcome=outcome, state=of.value)
    return [control(event, of.correlation_id) for event in (of, *steps, ended)]


def ids(views: Sequence[CommandView]) -> list[str]:
    return [view.command.id for view in views]


async def test_a_command_is_known_with_all_that_became_of_it(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, life(HEATER))
    async with known(log, tmp_path) as commands:
        [view] = await commands.find([command_id("morning")])
        assert view is not None
        assert (view.command.state, view.command.reached, view.command.ended_at) == (CommandState.SUCCEEDED, "on", at(4))
        assert [one.state.value for one in view.steps] == [
            "requested",
            "dispatching",
            "dispatched",
            "acknowledged",
            "succeeded",
        ]
        assert (view.requested_by, view.position) == ("key:main/test", 10)


async def test_what_comes_late_or_again_is_no_step(tmp_path: Path) -> None:
    log = MemoryLog()
    late = step(CommandEnded, HEATER, 9, outcome=Outcome.TIMED_OUT)
    await tell(log, [*life(HEATER), control(late, "morning")])
    async with known(log, tmp_path) as commands:
        [view] = await commands.find([command_id("morning")])
        assert view is not None
        assert (len(view.steps), view.command.state) == (5, CommandState.SUCCEEDED)


async def test_commands_are_found_by_correlation_device_and_state_newest_first(tmp_path: Path) -> None:
    log = MemoryLog()
    said = [asked(f"c{number}", device=f"d{number % 2}") for number in range(6)]
    for number, one in enumerate(said):
        await tell(log, life(one, Outcome.FAILED) if number % 3 == 0 else [control(one, one.correlation_id)])
    async with known(log, tmp_path) as commands:
        every = [command_id(f"c{number}") for number in range(5, -1, -1)]
        assert ids(await commands.commands(CommandQuery(limit=10))) == every
        assert ids(await commands.commands(CommandQuery(correlation_id="c4", limit=10))) == [command_id("c4")]
        assert ids(await commands.commands(CommandQuery(device_id="d1", limit=10))) == every[::2]
        failed = CommandQuery(device_id="d1", state=CommandState.FAILED, limit=10)
        assert ids(await commands.commands(failed)) == [command_id("c3")]


@pytest.mark.parametrize("size", [1, 2, 5])
async def test_pages_lead_through_all_of_them_in_either_direction(tmp_path: Path, size: int) -> None:
    log = MemoryLog()
    await tell(log, [control(asked(f"c{number}"), f"c{number}") for number in range(7)])
    async with known(log, tmp_path) as commands:
        whole = await commands.commands(CommandQuery(limit=10))
        down: list[CommandView] = []
        while page := await commands.commands(CommandQuery(after=down[-1].position if down else None, limit=size)):
            down += page
        up: list[CommandView] = []
        while page := await commands.commands(CommandQuery(before=up[0].position if up else None, backwards=True, limit=size)):
            up = page + up
        assert down == up == whole


async def test_a_control_stream_is_known_up_to_its_last_event(tmp_path: Path) -> None:
    log = MemoryLog()
    events: list[Event] = [
        DeviceMetadata(device_id="box", location="farm/house"),
        HEATER,
        OverrideBegun(device_id="box", actuator_id="vent", timestamp=at(1), until=at(900)),
        step(CommandDispatching, HEATER),
    ]
    await tell(log, [control(event, "morning") for event in events])
    folded = Control("box")
    for event in events:
        folded = fold(folded, event)
    async with known(log, tmp_path) as commands:
        found = await commands.control("box")
        assert (found.control, found.revision, found.position) == (folded, 3, 40)
        assert (await commands.control("nobody")).revision == -1


async def test_a_request_is_known_with_its_end(tmp_path: Path) -> None:
    log = MemoryLog()
    request = CommandsRequested(
        correlation_id="night", digest="d", timestamp=START, deadline=at(30), commands=(), on_failure=OnFailure.SET_BACK
    )
    ended = RequestEnded(correlation_id="night", timestamp=at(9), succeeded=False, left=("x",))
    await tell(log, [correlated("request-night", request, "night")])
    async with known(log, tmp_path) as commands:
        found = await commands.request("night")
        assert found is not None
        assert (found.on_failure, found.ended_at) == (OnFailure.SET_BACK, None)
    await tell(log, [correlated("request-night", ended, "night")])
    async with known(log, tmp_path) as commands:
        found = await commands.request("night")
        assert found is not None
        assert (found.ended_at, found.succeeded, found.left) == (at(9), False, ("x",))
        assert await commands.request("never") is None


async def test_what_was_given_at_the_device_itself_is_left_to_the_device(tmp_path: Path) -> None:
    log = MemoryLog()
    by_hand = ActuatorCommand(
        device_id="box", actuator_id="heater", timestamp=START, command="set", correlation_id="x", by="device"
    )
    await tell(log, [pack("device-box", by_hand)])
    async with known(log, tmp_path) as commands:
        assert await commands.commands(CommandQuery(limit=10)) == []


async def test_whoever_watches_is_told_of_what_changed_under_that_correlation_id_alone(tmp_path: Path) -> None:
    log = MemoryLog()
    async with known(log, tmp_path) as commands:
        with commands.watching("morning") as mine, commands.watching("evening") as others:
            mine.clear()
            others.clear()
            await tell(log, [control(HEATER, "morning")])
            await mine.wait()
            assert ids(await commands.commands(CommandQuery(correlation_id="morning", limit=1))) == [command_id("morning")]
            assert not others.is_set()


async def test_a_file_of_another_log_is_built_anew(tmp_path: Path) -> None:
    other, log = MemoryLog("other"), MemoryLog("one")
    await tell(other, life(HEATER))
    await tell(log, [control(asked("noon"), "noon")])
    async with known(other, tmp_path):
        pass
    with capture_logs() as logs:
        async with known(log, tmp_path) as commands:
            assert ids(await commands.commands(CommandQuery(limit=10))) == [command_id("noon")]
    assert [entry["event"] for entry in logs] == ["projection_starts_from_zero"]


async def test_a_file_that_is_damaged_behind_its_first_page_is_made_anew(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, life(HEATER))
    async with known(log, tmp_path):
        pass
    spoil_behind_first_page(tmp_path / "commands.db")
    with capture_logs() as logs:
        async with known(log, tmp_path) as commands:
            assert ids(await commands.commands(CommandQuery(limit=10))) == [command_id("morning")]
    assert [entry["event"] for entry in logs] == ["index_made_anew"]


async def test_damage_that_is_met_by_who_asks_is_told_and_the_file_made_anew_with_the_next_event(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, life(HEATER))
    with capture_logs():
        async with known(log, tmp_path) as commands:
            commands._index._connection.execute("UPDATE command SET view = x'00'")
            with pytest.raises(TryAgainError, match="the file of the commands is damaged, and is made anew"):
                await commands.find([command_id("morning")])
            await tell(log, [control(asked("noon"), "noon")])
            async with asyncio.timeout(10):
                while commands.position != await log.head():
                    await asyncio.sleep(0)
            assert ids(await commands.commands(CommandQuery(limit=10))) == [command_id("noon"), command_id("morning")]


_KINDS = st.sampled_from([CommandDispatching, CommandDispatched, CommandAcknowledged, None])
_MOVES = st.lists(st.tuples(st.integers(0, 5), _KINDS, st.sampled_from(list(Outcome))), max_size=25)


def moved(moves: Sequence[tuple[int, type[CommandStep] | None, Outcome]]) -> list[Said]:
    """Commands are asked for the first time that something is to become of them; then it does, in whatever order."""
    said: list[Said] = []
    begun: set[int] = set()
    for second, (number, kind, outcome) in enumerate(moves):
        of = asked(f"c{number}", device=f"d{number % 2}")
        if number not in begun:
            begun.add(number)
            said.append(control(of, of.correlation_id))
        event = step(CommandEnded, of, second, outcome=outcome) if kind is None else step(kind, of, second)
        said.append(control(event, of.correlation_id))
    return said


@settings(max_examples=25)
@given(_MOVES, st.data())
async def test_stopped_and_started_anywhere_it_holds_what_a_rebuilt_one_holds(
    moves: Sequence[tuple[int, type[CommandStep] | None, Outcome]], data: st.DataObject
) -> None:
    said, log = moved(moves), MemoryLog()
    cut = data.draw(st.integers(0, len(said)))
    with TemporaryDirectory() as served, TemporaryDirectory() as rebuilt:
        for part in (said[:cut], said[cut:]):
            await tell(log, part)
            async with known(log, Path(served)):
                pass
        async with known(log, Path(served)) as one, known(log, Path(rebuilt)) as other:
            assert await one.content_hash() == await other.content_hash()
            for device in ("d0", "d1"):
                assert await one.control(device) == await other.control(device)


async def test_commands_of_some_devices_are_found_whatever_others_were_asked_for(tmp_path: Path) -> None:
    log = MemoryLog()
    orders = [asked(f"c{number}", device=f"box-{number % 3}") for number in range(9)]
    await tell(log, [control(order, order.correlation_id) for order in orders])
    async with known(log, tmp_path) as commands:
        assert await commands.devices() == ["box-0", "box-1", "box-2"]
        found = await commands.commands(CommandQuery(devices=("box-0", "box-2"), limit=3))
        assert [view.command.correlation_id for view in found] == ["c8", "c6", "c5"]
        found = await commands.commands(CommandQuery(devices=("box-0", "box-2"), limit=2, backwards=True))
        assert [view.command.correlation_id for view in found] == ["c2", "c0"]
        assert await commands.commands(CommandQuery(devices=(), limit=3)) == []
