"""What goes into the pipeline and what comes out of it, whatever the transport."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from schema.envelope import Position
from schema.ids import EventId


class Inbound(msgspec.Struct, frozen=True, gc=False):
    """A message from outside. `received_at` is UTC; `redelivered` true means so, false means nothing.

    `causation` and `actor` are set where somebody sends a dead letter again: that letter, and who it was.
    """

    source: str
    topic: str
    payload: bytes
    received_at: datetime
    redelivered: bool = False
    causation: EventId | None = None
    actor: str | None = None


class Result(StrEnum):
    """What became of a message."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    DEAD_LETTER = "deadLetter"
    IGNORED = "ignored"
    """It was understood, and says nothing that is kept: a button of another dialect's device was pressed, say."""


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of a message, all of it durable.

    `event_ids` are in the order of the message's items, those of dead letters among them. At `position` all that the
    message added stands in the log; None where it added nothing. `reason` says what of it is a dead letter, and why;
    `dead_letters` are their ids.
    """

    result: Result
    event_ids: list[EventId]
    position: Position | None = None
    reason: str | None = None
    dead_letters: Sequence[EventId] = ()


class PipelineClosedError(RuntimeError):
    """The pipeline takes no more messages: it was closed, or its writer ended."""


class PipelineFullError(RuntimeError):
    """The queue holds all the bytes that it may. The message was not taken: it must not be acknowledged."""
