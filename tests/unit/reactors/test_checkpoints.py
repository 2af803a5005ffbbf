"""What reactors keep is as it was when that was asked for, and is written down while they go on."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import get_ident
from typing import Any

from adapters.snapshot import SnapshotFile
from reactors.checkpoint import Checkpoint
from reactors.deliveries import DeliveryState
from reactors.facts import Fact
from reactors.lane import Pending
from reactors.situation import Situation
from schema.commands import CommandDispatching, CommandEnded, CommandsRequested, OnFailure, Outcome, RequestedCommand
from schema.envelope import Position
from schema.events import ActuatorCommand, ActuatorEvent, CommandAck, DeviceMetadata, Event
from schema.notifications import NotificationRequested, NotificationWord
from schema.rules import AlertSeverity
from tests.support.commands import HEATER, NOW

BEFORE: list[tuple[str, Event]] = [
    ("control-box", DeviceMetadata(device_id="box", location="farm/1", actuators=(HEATER,))),
    (
        "request-loop-1",
        CommandsRequested(
            correlation_id="loop-1",
            digest="0",
            timestamp=NOW,
            deadline=NOW + timedelta(seconds=30),
            commands=(RequestedCommand(command_id="c1", device_id="box", actuator_id="heater", command="set", value="on"),),
            on_failure=OnFailure.SET_BACK,
        ),
    ),
    ("device-box", ActuatorEvent(device_id="box", actuator_id="heater", timestamp=NOW, state="off")),
]
STEP: dict[str, Any] = {"device_id": "box", "actuator_id": "heater", "command_id": "c1", "timestamp": NOW}
AFTER: list[tuple[str, Event]] = [
    (
        "control-box",
        ActuatorCommand(
            device_id="box",
            actuator_id="heater",
            timestamp=NOW,
            command="set",
            value="on",
            correlation_id="loop-1",
            command_id="c1",
            deadline=NOW + timedelta(seconds=30),
        ),
    ),
    ("control-box", CommandDispatching(**STEP)),
    ("device-box", CommandAck(device_id="box", command_id="c1", result="succeeded", timestamp=NOW)),
    ("device-box", ActuatorEvent(device_id="box", actuator_id="heater", timestamp=NOW, state="on")),
    ("control-box", CommandEnded(**STEP, outcome=Outcome.SUCCEEDED)),
    (
        "control-box",
        ActuatorCommand(
            device_id="box",
            actuator_id="heater",
            timestamp=NOW,
            command="set",
            value="off",
            correlation_id="another",
            command_id="c2",
            deadline=NOW + timedelta(seconds=30),
        ),
    ),
]


def test_what_happens_while_the_situation_is_written_down_is_not_in_what_was_kept() -> None:
    situation, revisions = Situation(), dict[str, int]()

    def take(stream: str, event: Event) -> None:
        revisions[stream] = revisions.get(stream, -1) + 1
        situation.take(Fact(stream, revisions[stream], f"{stream}-{revisions[stream]}", event, NOW))

    for stream, event in BEFORE:
        take(stream, event)
    for stream, event in AFTER:
        expected, kept = list(situation.records()), situation.records()
        take(stream, event)
        assert list(kept) == expected
        assert list(situation.records()) != expected


def test_what_becomes_of_a_delivery_while_it_is_written_down_is_not_in_what_was_kept() -> None:
    request = NotificationRequested(
        notification_id="one", timestamp=NOW, alert_id="a", recipient_id="ada", target="phone", word=NotificationWord.RAISED,
        kind="FrostAlert", severity=AlertSeverity.WARNING, rule_id="cold", device_id="box", since=NOW,
    )  # fmt: skip
    pending = Pending(request)
    state = DeliveryState(Position(1), {"one": pending})
    expected, kept = list(state.records()), state.records()
    pending.attempts += 1
    assert list(kept) == expected


class Slow:
    """Notes by whom it was written down."""

    position = Position(7)

    def __init__(self) -> None:
        self.by: set[int] = set()

    def records(self) -> Iterator[bytes]:
        return map(self._record, range(3))

    def _record(self, number: int) -> bytes:
        self.by.add(get_ident())
        return b"%d" % number


async def test_nothing_is_written_down_on_the_event_loop(tmp_path: Path) -> None:
    def restored(*_: object) -> Slow:
        raise ValueError("nothing was kept")

    slow, file = Slow(), SnapshotFile(tmp_path / "kept", kind="slow", version=1)
    await Checkpoint("slow", file, restored).save(slow, "log")
    saved = file.load()
    assert saved is not None
    assert saved[1] == [b"0", b"1", b"2"]
    assert get_ident() not in slow.by
