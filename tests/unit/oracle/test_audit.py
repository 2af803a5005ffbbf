"""The oracle finds what was planted, and finds nothing where nothing is wrong."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.event_log.port import ANY, Append
from glasshouse.oracle.audit import audit
from glasshouse.oracle.report import Latency
from glasshouse.simulator.ledger import Ledger, LedgerError, Line
from schema.dead_letters import DeadLettered
from schema.envelope import Metadata
from schema.events import ActuatorEvent, CommandAck, DeviceStatus, Event, SensorReading
from schema.ids import content_event_id, device_event_id, format_event_id
from schema.registry import REGISTRY
from schema.times import from_micros
from tests.support.memory_log import MemoryLog

NOW = datetime(2026, 6, 21, tzinfo=UTC)
AT = 1_782_000_000_000
META = Metadata(schema_version=1, source="test", received_at=NOW)


def own_id(device: str, sequence: int) -> bytes:
    return device_event_id(device, f"r-{sequence}")


def line(sequence: int, *, device: str = "d", own: bool = True, **what: Any) -> Line:
    """A message that was sent, acknowledged and receipted as stored."""
    usual: dict[str, Any] = {
        "event_id": format_event_id(own_id(device, sequence)) if own else None,
        "sent": AT + sequence,
        "pubacked": AT + sequence,
        "receipted": AT + sequence + 5,
        "at": AT + sequence,
    }
    return Line(device=device, sequence=sequence, **{**usual, **what})


class World:
    """A log, and the ledger of one house."""

    def __init__(self, folder: Path) -> None:
        self.ledger = folder / "ledger.jsonl"
        self.log = MemoryLog()

    async def sent(self, *lines: Line, name: str = "ledger.jsonl") -> Path:
        path = self.ledger.with_name(name)
        ledger = Ledger(path)
        await ledger.begin(list(lines))
        await ledger.close()
        return path

    async def stored(self, event: Event, event_id: bytes, stream: str = "device-d") -> None:
        await self.log.append([Append(stream, ANY, [REGISTRY.pack(event_id, event, META)])])

    async def reading(self, sequence: int, *, device: str = "d", seq: bool = False, event_id: bytes | None = None) -> None:
        event = SensorReading(
            device_id=device,
            sensor_id="main",
            timestamp=from_micros((AT + sequence) * 1000),
            reading={"temperature": 20.0},
            seq=sequence if seq else None,
        )
        await self.stored(event, event_id or own_id(device, sequence), f"device-{device}")

    async def dead_letter(self, event_id: bytes, sha256: str = "00") -> None:
        event = DeadLettered(
            source="mqtt", topic="t", payload=b"", size=0, sha256=sha256, code="c", reason="r", received_at=NOW
        )
        await self.stored(event, event_id, "deadletter-mqtt")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_a_house_in_order_is_found_in_order(world: World) -> None:
    await world.sent(line(1), line(2, own=False), line(3, kind="state"))
    await world.reading(1)
    await world.reading(2, seq=True, event_id=content_event_id(AT, "2"))
    state = ActuatorEvent(device_id="d", actuator_id="heater", timestamp=NOW, state="on")
    await world.stored(state, own_id("d", 3))
    report = await audit(world.ledger, world.log, None)
    assert report.ok
    assert (report.sent, report.pubacked, report.receipted, report.stored, report.lost) == (3, 3, 3, 3, 0)
    assert report.latency_ms == Latency(5.0, 5.0)


async def test_a_planted_loss_is_found_and_named(world: World) -> None:
    await world.sent(line(1), line(2), line(3))
    await world.reading(1)
    await world.reading(3)
    report = await audit(world.ledger, world.log, None)
    assert (report.stored, report.lost, report.ok) == (2, 1, False)
    assert report.examples == [f"lost: d 2 {format_event_id(own_id('d', 2))}"]


async def test_a_receipted_dead_letter_that_is_missing_is_lost(world: World) -> None:
    there, missing = content_event_id(None, "there"), content_event_id(None, "missing")
    await world.sent(
        line(1, fault="malformed", event_id=None, sha256="aa", result="deadLetter"),
        line(2, fault="malformed", event_id=None, sha256="bb", result="deadLetter"),
    )
    await world.dead_letter(there, "aa")
    report = await audit(world.ledger, world.log, None)
    assert (report.dead_letters, report.lost) == (1, 1)
    named = await world.sent(
        Line(device="e", sequence=1, sent=1, receipted=2, event_id=format_event_id(missing), fault="malformed"), name="e.jsonl"
    )
    assert (await audit(named, world.log, None)).lost == 1


async def test_a_planted_invention_is_found_and_named(world: World) -> None:
    await world.sent(line(1))
    await world.reading(1)
    await world.reading(99)
    report = await audit(world.ledger, world.log, None)
    assert (report.stored, report.invented, report.ok) == (1, 1, False)
    assert report.examples == [f"invented: device-d {format_event_id(own_id('d', 99))}"]


async def test_a_dropped_message_that_is_stored_is_invented(world: World) -> None:
    await world.sent(line(1, sent=None, pubacked=None, receipted=None, fault="dropped"))
    await world.reading(1)
    report = await audit(world.ledger, world.log, None)
    assert (report.sent, report.dropped, report.invented) == (0, 1, 1)


async def test_one_reading_under_two_ids_is_counted_twice(world: World) -> None:
    await world.sent(line(1, own=False))
    await world.reading(1, seq=True, event_id=content_event_id(AT, "one"))
    await world.reading(1, seq=True, event_id=content_event_id(AT, "other"))
    report = await audit(world.ledger, world.log, None)
    assert (report.stored, report.double_counted, report.ok) == (1, 1, False)


async def test_one_id_twice_in_the_log_is_told_and_is_no_failure(world: World) -> None:
    await world.sent(line(1))
    await world.reading(1)
    await world.reading(1)
    report = await audit(world.ledger, world.log, None)
    assert (report.stored, report.stored_twice, report.double_counted, report.ok) == (1, 1, 0, True)


async def test_a_receipt_that_names_an_id_which_the_log_has_not_is_a_loss(world: World) -> None:
    await world.sent(line(1, own=False, event_id=format_event_id(content_event_id(AT, "told"))))
    await world.reading(1, seq=True, event_id=content_event_id(AT, "kept"))
    assert (await audit(world.ledger, world.log, None)).lost == 1


async def test_what_nobody_acknowledged_is_unknown_and_no_failure(world: World) -> None:
    await world.sent(line(1, pubacked=None, receipted=None))
    report = await audit(world.ledger, world.log, None)
    assert (report.lost, report.unknown, report.ok) == (0, 1, True)


@pytest.mark.parametrize(("lived_on", "lost", "unknown"), [(True, 1, 0), (False, 0, 1)])
async def test_what_only_the_broker_acknowledged_is_lost_if_it_lived_on(
    world: World, lived_on: bool, lost: int, unknown: int
) -> None:
    await world.sent(line(1, receipted=None))
    report = await audit(world.ledger, world.log, None, broker_lived_on=lived_on)
    assert (report.lost, report.unknown) == (lost, unknown)


async def test_a_receipt_is_a_promise_whatever_became_of_the_broker(world: World) -> None:
    await world.sent(line(1))
    assert (await audit(world.ledger, world.log, None, broker_lived_on=False)).lost == 1


async def test_a_good_message_in_the_dead_letters_is_misjudged(world: World) -> None:
    dead = content_event_id(None, "dead")
    await world.sent(line(1, event_id=format_event_id(dead), result="deadLetter"))
    await world.dead_letter(dead)
    report = await audit(world.ledger, world.log, None)
    assert (report.dead_letters, report.misjudged, report.ok) == (1, 1, False)


async def test_a_malformed_message_that_was_stored_is_misjudged(world: World) -> None:
    await world.sent(line(1, fault="malformed", result="stored"))
    await world.reading(1)
    report = await audit(world.ledger, world.log, None)
    assert (report.stored, report.misjudged) == (1, 1)


async def test_statuses_and_last_wills_are_never_invented(world: World) -> None:
    await world.sent(line(1, own=False, kind="status", at=None, receipted=None))
    await world.stored(DeviceStatus(device_id="d", status="offline", timestamp=NOW), content_event_id(None, "will"))
    report = await audit(world.ledger, world.log, None)
    assert (report.unknown, report.invented, report.ok) == (1, 0, True)


async def test_a_receipted_status_that_is_missing_is_lost(world: World) -> None:
    await world.sent(line(1, own=False, kind="status", at=None, event_id=format_event_id(content_event_id(None, "s"))))
    assert (await audit(world.ledger, world.log, None)).lost == 1


async def test_an_answer_is_recognised_by_its_command_and_what_it_says(world: World) -> None:
    def answer(sequence: int, says: str, **what: Any) -> Line:
        return line(sequence, own=False, kind="ack", at=None, answer=says, **what)

    await world.sent(answer(1, "c-1 accepted", receipted=None), answer(2, "c-1 succeeded"), answer(3, "c-2 accepted"))
    for number, (command, result) in enumerate([("c-1", "accepted"), ("c-1", "succeeded"), ("c-2", "rejected")]):
        ack = CommandAck(device_id="d", command_id=command, result=result, timestamp=NOW)
        await world.stored(ack, content_event_id(None, str(number)))
    report = await audit(world.ledger, world.log, None)
    assert (report.stored, report.lost, report.invented, report.unknown) == (2, 1, 1, 0)


async def test_other_houses_in_the_log_are_left_alone(world: World) -> None:
    await world.sent(line(1))
    await world.reading(1)
    await world.reading(1, device="other")
    report = await audit(world.ledger, world.log, None)
    assert (report.stored, report.invented) == (1, 0)


async def test_several_ledgers_are_judged_together(world: World) -> None:
    first, second = await world.sent(line(1)), await world.sent(line(2), name="second.jsonl")
    await world.reading(1)
    await world.reading(2)
    assert (await audit([first, second], world.log, None)).stored == 2
    assert (await audit(first, world.log, None)).invented == 1


async def test_receipts_that_said_duplicate_are_counted(world: World) -> None:
    await world.sent(line(1, duplicates=2))
    await world.reading(1)
    assert (await audit(world.ledger, world.log, None)).duplicates_received == 2


async def test_a_ledger_that_cannot_be_read_is_said_to_be_so(world: World) -> None:
    with pytest.raises(LedgerError):
        await audit(world.ledger, world.log, None)


async def test_the_report_has_the_promised_keys(world: World) -> None:
    await world.sent(line(1))
    told = msgspec.json.decode(msgspec.json.encode(await audit(world.ledger, world.log, None)))
    promised = ["sent", "pubacked", "receipted", "stored", "dead_letters", "duplicates_received", "lost", "double_counted"]
    assert list(told)[:9] == [*promised, "latency_ms"]
    assert list(told["latency_ms"]) == ["p50", "p99"]


FATES = ["stored", "storedTwice", "lost", "unacknowledged", "dropped", "onlyBroker"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fates=st.lists(st.tuples(st.sampled_from(FATES), st.booleans()), max_size=25), invented=st.integers(0, 3))
async def test_every_planted_fate_is_counted_as_what_it_is(
    tmp_path_factory: pytest.TempPathFactory, fates: list[tuple[str, bool]], invented: int
) -> None:
    world = World(tmp_path_factory.mktemp("world"))
    silent: dict[str, Any] = {"pubacked": None, "receipted": None}
    changes: dict[str, dict[str, Any]] = {
        "unacknowledged": silent,
        "dropped": {**silent, "sent": None},
        "onlyBroker": {"receipted": None},
    }
    lines = [line(number, own=own, **changes.get(fate, {})) for number, (fate, own) in enumerate(fates)]
    await world.sent(line(1_000), *lines)
    await world.reading(1_000)
    for number, (fate, own) in enumerate(fates):
        for _ in range({"stored": 1, "storedTwice": 2}.get(fate, 0)):
            await world.reading(number, seq=not own)
    for number in range(invented):
        await world.reading(5_000 + number, seq=number % 2 == 0)
    report = await audit(world.ledger, world.log, None)
    count = [fate for fate, _ in fates].count
    assert report.lost == count("lost") + count("onlyBroker")
    assert report.stored == 1 + count("stored") + count("storedTwice")
    assert report.stored_twice == count("storedTwice")
    assert report.unknown == count("unacknowledged")
    assert report.dropped == count("dropped")
    assert report.invented == invented
    assert report.sent == report.stored + report.dead_letters + report.lost + report.unknown
