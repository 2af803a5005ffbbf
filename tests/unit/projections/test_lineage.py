"""The lineage index: an event is found by its id, however many there are, and dead letters are listed."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.event_log.port import ANY, Append
from projections import lineage_index
from projections.batching import BatchPolicy
from projections.engine import Engine
from projections.lineage import Lineage
from projections.lineage_queries import LetterState
from projections.read_model import TryAgainError
from schema.dead_letters import DeadLettered, DeadLetterReplayed
from schema.envelope import Cursor, Metadata, NewEvent, Position
from schema.events import ActuatorEvent, CommandAck, StateSnapshot
from schema.ids import device_event_id, format_event_id
from schema.leases import LeaseTaken
from schema.registry import REGISTRY
from tests.support.engines import running
from tests.support.house_events import START, Said, pack, reading, tell
from tests.support.memory_log import MemoryLog
from tests.support.spoiling import spoil_behind_first_page

AT_ONCE = BatchPolicy(rows=20, pause_seconds=0.0, bare_checkpoint_seconds=0.0)


@asynccontextmanager
async def indexed(log: MemoryLog, folder: Path) -> AsyncIterator[Lineage]:
    """The index of all that the log holds now, following it until the block ends."""
    lineage = await Lineage.open(log, folder / "lineage.db", AT_ONCE)
    async with running(log, [lineage]) as engine:
        await _reach_head(log, engine)
        yield lineage


async def _reach_head(log: MemoryLog, engine: Engine) -> None:
    head = await log.head()
    if head is not None:
        await engine.reached("lineage", head)


def letter(number: int, source: str = "mqtt") -> Said:
    payload = f"not json {number}".encode()
    event = DeadLettered(
        source=source,
        topic="glasshouse/farm/tomato-1/reading",
        payload=payload,
        size=len(payload),
        sha256=sha256(payload).hexdigest(),
        code="not_json",
        reason="it is no JSON",
        received_at=START,
    )
    return pack(f"deadletter-{source}", event)


def correlated(number: int, correlation_id: str | None) -> Said:
    stream, event = reading("tomato-1", number, temperature=1.0)
    metadata = Metadata(schema_version=1, source="test", received_at=START, correlation_id=correlation_id)
    return stream, NewEvent(event.id, event.type, event.data, REGISTRY.pack(b"", letter_event(), metadata).metadata)


def letter_event() -> DeadLettered:
    return DeadLettered(source="x", topic="x", payload=b"", size=0, sha256="", code="x", reason="x", received_at=START)


async def test_every_event_is_found_by_its_id(tmp_path: Path) -> None:
    log = MemoryLog()
    said = [reading(f"d{number % 3}", number, temperature=1.0) for number in range(50)]
    await tell(log, said)
    async with indexed(log, tmp_path) as lineage:
        for stream, event in said:
            found = await lineage.find(event.id)
            assert found is not None
            assert (found.id, found.stream, found.data) == (event.id, stream, event.data)


async def test_an_id_that_is_not_in_the_log_is_not_found(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, [reading("d1", 1, temperature=1.0)])
    async with indexed(log, tmp_path) as lineage:
        assert await lineage.find(device_event_id("d1", "never")) is None


async def test_of_an_event_that_the_log_holds_twice_the_first_is_found(tmp_path: Path) -> None:
    log = MemoryLog()
    once = reading("d1", 1, temperature=1.0)
    await tell(log, [reading("d1", 0, temperature=0.0), once, reading("d1", 2, temperature=2.0), once])
    async with indexed(log, tmp_path) as lineage:
        found = await lineage.find(once[1].id)
        assert found is not None
        assert found.position == 20


async def test_ids_that_share_the_indexed_half_are_told_apart(tmp_path: Path) -> None:
    log = MemoryLog()
    ids = [bytes([first]) * 8 + b"\x80" * 8 for first in (1, 2, 3)]
    await log.append([Append("device-a", ANY, [NewEvent(each, "FromTheFuture", b"{}", b"{}")]) for each in ids])
    async with indexed(log, tmp_path) as lineage:
        found = [await lineage.find(each) for each in ids]
        assert [event.id for event in found if event is not None] == ids
        assert await lineage.find(b"\x04" * 8 + b"\x80" * 8) is None


async def test_events_are_found_across_generations_and_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage_index, "_GENERATION_BITS", 3)
    log = MemoryLog()
    said: list[Said] = []
    for start in range(0, 100, 25):
        more = [reading("d1", number, temperature=1.0) for number in range(start, start + 25)]
        said += more
        await tell(log, more)
        async with indexed(log, tmp_path) as lineage:
            found = [await lineage.find(event.id) for _, event in said]
            assert [event.revision for event in found if event is not None] == list(range(len(said)))


async def test_events_of_one_correlation_are_found_in_log_order(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, [correlated(number, "c1" if number % 2 else None) for number in range(6)] + [correlated(9, "c2")])
    async with indexed(log, tmp_path) as lineage:
        assert [event.revision for event in await lineage.correlated("c1", first=10)] == [1, 3, 5]
        assert [event.revision for event in await lineage.correlated("c1", first=2)] == [1, 3]
        assert await lineage.correlated("c3", first=10) == []


async def test_metadata_that_is_not_ours_does_not_stop_the_index(tmp_path: Path) -> None:
    log = MemoryLog()
    foreign = NewEvent(b"\x01" * 16, "SensorReading", b"[]", b'["$correlationId"')
    await log.append([Append("device-a", ANY, [foreign])])
    async with indexed(log, tmp_path) as lineage:
        assert await lineage.find(foreign.id) is not None


async def test_dead_letters_come_newest_first_in_pages_over_all_sources(tmp_path: Path) -> None:
    log = MemoryLog()
    for number in range(10):
        await tell(log, [letter(number, "mqtt" if number % 3 else "import"), reading("d1", number, temperature=1.0)])
    async with indexed(log, tmp_path) as lineage:
        assert await lineage.count_dead_letters() == 10
        seen: list[bytes] = []
        before: Position | None = None
        while page := await lineage.dead_letters(first=4, before=before):
            seen += [view.payload for view in page]
            before = page[-1].position
        assert seen == [f"not json {number}".encode() for number in reversed(range(10))]


def replayed(said: Said, *, events: tuple[str, ...] = (), letters: tuple[str, ...] = ()) -> Said:
    stream, event = said
    letter_id = format_event_id(event.id)
    return pack(stream, DeadLetterReplayed(letter_id=letter_id, event_ids=events, dead_letters=letters, at=START))


async def test_what_became_of_a_letter_is_shown_and_letters_are_found_by_it_also_after_a_rebuild(tmp_path: Path) -> None:
    log = MemoryLog()
    first, second, third = letter(1), letter(2, "http"), letter(3)
    await tell(log, [first, second, third])
    (tmp_path / "anew").mkdir()
    async with indexed(log, tmp_path) as live:
        before = await live.content_hash()
        await tell(log, [replayed(third, letters=("other",)), replayed(second, events=("event",)), letter(4)])
        async with indexed(log, tmp_path / "anew") as anew:
            async with asyncio.timeout(10):
                while await live.content_hash() != await anew.content_hash():
                    await asyncio.sleep(0)
            assert await live.content_hash() != before
            for lineage in (live, anew):
                states = {view.event_id: view.state for view in await lineage.dead_letters(first=9)}
                assert [states[event.id] for _, event in (first, second, third)] == ["open", "replayed", "superseded"]
                found = [await lineage.dead_letters(first=9, state=state) for state in LetterState]
                assert [len(views) for views in found] == [await lineage.count_dead_letters(state) for state in LetterState]
                assert [len(views) for views in found] == [2, 1, 1]
                [view, missing] = await lineage.letters([second[1].id, b"x" * 16])
                assert missing is None
                assert view is not None
                assert view.replay is not None
                assert view.replay.event_ids == ("event",)


async def test_of_a_letter_that_is_not_there_nothing_is_told(tmp_path: Path) -> None:
    log = MemoryLog()
    stream, _ = letter(1)
    await tell(log, [pack(stream, DeadLetterReplayed(letter_id="no id", at=START)), replayed(letter(1)), letter(2)])
    async with indexed(log, tmp_path) as lineage:
        assert [view.state for view in await lineage.dead_letters(first=9)] == ["open"]


async def test_a_dead_letter_shows_all_that_was_kept(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, [letter(7)])
    async with indexed(log, tmp_path) as lineage:
        [view] = await lineage.dead_letters(first=5)
        recorded = (await log.read_stream("deadletter-mqtt"))[0]
        assert (view.event_id, view.position) == (recorded.id, recorded.position)
        assert (view.source, view.topic) == ("mqtt", "glasshouse/farm/tomato-1/reading")
        assert (view.payload, view.size, view.sha256) == (b"not json 7", 10, sha256(b"not json 7").hexdigest())
        assert (view.code, view.reason, view.received_at) == ("not_json", "it is no JSON", START)


async def test_an_index_of_another_log_is_built_anew(tmp_path: Path) -> None:
    other, log = MemoryLog("other"), MemoryLog("one")
    await tell(other, [letter(1), reading("d1", 1, temperature=1.0)])
    await tell(log, [reading("d2", number, temperature=1.0) for number in range(3)])
    async with indexed(other, tmp_path):
        pass
    with capture_logs() as logs:
        async with indexed(log, tmp_path) as lineage:
            assert await lineage.count_dead_letters() == 0
            assert await lineage.find((await log.read_stream("device-d2"))[0].id) is not None
    assert [entry["event"] for entry in logs] == ["projection_starts_from_zero"]


async def test_an_index_that_is_locked_at_the_start_is_asked_again(tmp_path: Path) -> None:
    log = MemoryLog("one")
    await tell(log, [letter(1)])
    async with indexed(log, tmp_path):
        pass
    lineage = await Lineage.open(MemoryLog("other"), tmp_path / "lineage.db")
    lineage._index._connection.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(tmp_path / "lineage.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with capture_logs(), pytest.raises(TryAgainError, match="locked"):
            await lineage.start(Cursor("other", None))
    finally:
        other.close()
        await lineage.close()


def _damaged(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def _newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


@pytest.mark.parametrize("spoil", [_damaged, _newer])
async def test_an_index_that_cannot_be_read_is_built_anew(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    log = MemoryLog()
    said = reading("d1", 1, temperature=1.0)
    await tell(log, [said])
    spoil(tmp_path / "lineage.db")
    with capture_logs() as logs:
        async with indexed(log, tmp_path) as lineage:
            assert await lineage.find(said[1].id) is not None
    assert [entry["event"] for entry in logs] == ["lineage_index_built_anew"]


async def test_an_index_that_is_damaged_behind_its_first_page_is_made_anew(tmp_path: Path) -> None:
    log = MemoryLog()
    said = [letter(number) for number in range(50)]
    await tell(log, said)
    async with indexed(log, tmp_path):
        pass
    spoil_behind_first_page(tmp_path / "lineage.db")
    with capture_logs() as logs:
        async with indexed(log, tmp_path) as lineage:
            assert await lineage.count_dead_letters() == 50
    assert [entry["event"] for entry in logs] == ["index_made_anew"]


async def test_killed_anywhere_it_indexes_each_event_once(tmp_path: Path) -> None:
    log = MemoryLog()
    said = [letter(number) for number in range(60)]
    await tell(log, said)
    for stop in range(0, 120, 6):
        lineage = await Lineage.open(log, tmp_path / "lineage.db", BatchPolicy(rows=3, pause_seconds=0.0))
        async with running(log, [lineage], page_size=2):
            for _ in range(stop):
                await asyncio.sleep(0)
    async with indexed(log, tmp_path) as lineage:
        assert await lineage.count_dead_letters() == 60
        found = [await lineage.find(event.id) for _, event in said]
        assert [event.revision for event in found if event is not None] == list(range(60))


async def test_leases_and_snapshots_are_passed_over_since_the_log_lets_go_of_them(tmp_path: Path) -> None:
    log = MemoryLog()
    taken = LeaseTaken(role="project", owns=("+",), holder="box", fencing=0, span_seconds=15)
    kept = StateSnapshot(device_id="a", timestamp=START, state={"heater": "on"})
    said = [pack("lease-project", taken), letter(1), pack("lease-project", taken, own_id="again"), pack("snapshot-a", kept)]
    await tell(log, said)
    async with indexed(log, tmp_path) as lineage:
        assert await lineage.find(said[0][1].id) is None
        assert await lineage.find(said[1][1].id) is not None
        assert await lineage.find(said[3][1].id) is None


async def test_an_index_has_the_hash_of_a_rebuilt_one_and_of_no_other(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, [*(reading("a", number, temperature=1.0) for number in range(30)), letter(1)])
    for name in ("served", "rebuilt"):
        (tmp_path / name).mkdir()
    async with indexed(log, tmp_path / "served"):
        await tell(log, [reading("a", 99, temperature=1.0)])
    async with indexed(log, tmp_path / "served") as served, indexed(log, tmp_path / "rebuilt") as rebuilt:
        whole = await served.content_hash()
        assert whole == await rebuilt.content_hash()
    await tell(log, [letter(2)])
    async with indexed(log, tmp_path / "served") as served:
        assert await served.content_hash() != whole


async def test_what_a_device_tells_of_its_command_is_found_by_the_id_and_what_others_tell_is_not(tmp_path: Path) -> None:
    log = MemoryLog()
    ack = CommandAck(device_id="box", command_id="c1", result="accepted", timestamp=START)
    state = ActuatorEvent(device_id="box", actuator_id="heater", timestamp=START, state="on", command_id="c1")
    other = ActuatorEvent(device_id="box", actuator_id="heater", timestamp=START, state="off")
    strange = CommandAck(device_id="other", command_id="c1", result="failed", timestamp=START)
    said = [pack("device-other", strange), pack("device-box", ack), pack("device-box", other), pack("device-box", state)]
    await tell(log, [*said, correlated(1, "c1")])
    async with indexed(log, tmp_path) as lineage:
        assert [event.type for event in await lineage.of_commands({"c1": "box"}, first=10)] == ["CommandAck", "ActuatorEvent"]
        assert [event.stream for event in await lineage.of_commands({"c1": "box"}, first=1)] == ["device-box"]
        assert [event.type for event in await lineage.correlated("c1", first=10)] == ["SensorReading"]
