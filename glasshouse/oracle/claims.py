"""What a ledger claims was sent, and by what each message is recognised in the log.

Its event id where the device gave one or a receipt named it; else device, sequence and time; an answer by the command that it
is for and what it says; what is malformed by its bytes.
None of this asks the code of ingest, which it is to judge.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from glasshouse.simulator.faults import Fault
from glasshouse.simulator.ledger import Line, read_ledger
from schema.dead_letters import DeadLettered
from schema.events import CommandAck, SensorReading
from schema.ids import parse_event_id
from schema.times import to_micros

Identity: TypeAlias = bytes | tuple[str, int, int] | tuple[str, str] | str


def identity_of(line: Line) -> Identity | None:
    """By what the message is recognised; None where that is not known (a status without a receipt)."""
    if line.event_id is not None:
        return parse_event_id(line.event_id)
    return line.sha256 if line.fault == Fault.MALFORMED else _by_content(line)


def _by_content(line: Line) -> Identity | None:
    if line.answer is not None:
        return (line.device, line.answer)
    if line.kind != "reading" or line.at is None:
        return None
    return (line.device, line.sequence, line.at)


def identity_of_reading(event: SensorReading) -> Identity | None:
    """A stored reading as a ledger would recognise it without its id."""
    if event.seq is None:
        return None
    return (event.device_id, event.seq, to_micros(event.timestamp) // 1000)


def identity_of_answer(event: CommandAck) -> Identity:
    """A stored answer to a command as a ledger would recognise it without its id."""
    return (event.device_id, f"{event.command_id} {event.result}")


def identity_of_dead_letter(event: DeadLettered) -> Identity:
    """A dead letter as a ledger would recognise it without its id."""
    return event.sha256


class Claims:
    """All that the ledgers claim. Memory grows with the messages, by some 430 bytes each: lines are read twice, not kept."""

    def __init__(self, ledgers: Sequence[Path]) -> None:
        """Blocking; LedgerError where a ledger cannot be read."""
        self._ledgers = ledgers
        self.devices: set[str] = set()
        self.sent: set[Identity] = set()
        """All by which a sent message may be recognised."""
        for line in self.lines():
            self.devices.add(line.device)
            if line.sent is not None:
                self.sent.update(identity for identity in (identity_of(line), _by_content(line)) if identity is not None)

    def lines(self) -> Iterator[Line]:
        for ledger in self._ledgers:
            yield from read_ledger(ledger)
