"""What the alert reactor remembers: the house under its rules, and how much it said of each alert."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.alerting.house import HouseState
from domain.alerting.state import Listeners
from schema.envelope import Position
from schema.ids import EventId

SNAPSHOT_KIND: Final = "alert-reactor"
SNAPSHOT_VERSION: Final = 11
"""To be raised whenever the state holds other fields, or the same events lead to another one."""
_ALERTS: Final = 100_000


class RuleSaid(msgspec.Struct, frozen=True):
    """The version of a rule that is in force, and the event that says so."""

    revision: int
    event_id: EventId


class AlertState(msgspec.Struct):
    """Holds up to `position`. `words` counts what was said of each alert: the next word is told from one that is said again."""

    position: Position | None = None
    house: HouseState = msgspec.field(default_factory=HouseState)
    rules: dict[str, RuleSaid] = {}
    words: dict[str, int] = {}

    def next_word(self, alert_id: str) -> int:
        """How many words there were before. Of alerts long ago, of which nothing more is said, nothing is remembered."""
        number = self.words.pop(alert_id, 0)
        self.words[alert_id] = number + 1
        if len(self.words) > _ALERTS:
            del self.words[next(iter(self.words))]
        return number

    def records(self) -> Iterator[bytes]:
        """The whole of it, to be kept: first what it is without its devices' listeners, then those, device by device."""
        evaluator = self.house.evaluator
        bare = replace(self, position=None, house=replace(self.house, evaluator=replace(evaluator, listeners={})))
        yield _record(bare)
        for listening in evaluator.listeners.items():
            yield _record(listening)

    @classmethod
    def restored(cls, position: Position, records: Sequence[bytes]) -> "AlertState":
        """What `records` gave; ValueError for anything else."""
        bare, *listening = map(_packed, records)
        state = msgspec.msgpack.decode(bare, type=cls)
        state.position = position
        state.house.evaluator.listeners = dict(map(_listening.decode, listening))
        return state


_listening: Final = msgspec.msgpack.Decoder(tuple[str, Listeners])


def _record(part: object) -> bytes:
    return b'"' + b64encode(msgspec.msgpack.encode(part)) + b'"'


def _packed(record: bytes) -> bytes:
    return b64decode(record[1:-1], validate=True)
