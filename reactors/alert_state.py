"""What the alert reactor remembers: the house under its rules, and how much it said of each alert."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final

import msgspec

from domain.alerting.house import HouseState
from schema.envelope import Position
from schema.ids import EventId

SNAPSHOT_KIND: Final = "alert-reactor"
SNAPSHOT_VERSION: Final = 3
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

    def records(self) -> list[bytes]:
        """The whole of it, to be kept."""
        return [msgspec.json.encode(b64encode(msgspec.msgpack.encode(self)).decode())]

    @classmethod
    def restored(cls, position: Position, records: Sequence[bytes]) -> "AlertState":
        """What `records` gave; ValueError for anything else."""
        (record,) = records
        state = msgspec.msgpack.decode(b64decode(msgspec.json.decode(record, type=str)), type=cls)
        state.position = position
        return state
