"""The alert reactor: folds the log under its rules, and says what there is to say of alerts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from domain.alerting.house import RuledHouse
from reactors.alert_state import AlertState, RuleSaid
from reactors.alert_words import Heard, saying
from reactors.saying import Saying
from schema.envelope import Filter, Position, RecordedEvent, decode_metadata
from schema.events import DeviceMetadata, DeviceRetired, ReadingCorrection, SensorReading, SiteDefined
from schema.registry import REGISTRY
from schema.rules import AlertRuleDefined
from schema.times import to_micros

_READ: Final = (SensorReading, DeviceMetadata, DeviceRetired, ReadingCorrection, SiteDefined, AlertRuleDefined)
_READING: Final = SensorReading.__name__


class AlertVoice:
    """Implements `Voice`."""

    name = "alerts"
    only = Filter(types=frozenset(struct.__name__ for struct in _READ))

    def __init__(self, state: AlertState | None = None) -> None:
        self._state = state or AlertState()
        self._house = RuledHouse(self._state.house)
        self.position = self._state.position

    def records(self) -> Iterator[bytes]:
        return self._state.records()

    def restored(self, position: Position, records: Sequence[bytes]) -> "AlertVoice":
        """See `Voice`."""
        return AlertVoice(AlertState.restored(position, records))

    def heard(self, recorded: RecordedEvent) -> Sequence[Saying]:
        if recorded.type == _READING and not self._house.listens_to(recorded.stream.partition("-")[2]):
            return ()
        event, metadata = REGISTRY.unpack(recorded), decode_metadata(recorded.metadata)
        if isinstance(event, AlertRuleDefined):
            self._state.rules[event.rule_id] = RuleSaid(recorded.revision, recorded.id)
        outputs = self._house.take(
            recorded.id,
            event,
            site=metadata.site,
            recorded_us=recorded.recorded_us,
            received_us=to_micros(metadata.received_at),
        )
        if not outputs:
            return ()
        heard = Heard(recorded.recorded_at, recorded.id)
        return [saying(self._state, output, heard) for output in outputs]

    def passed(self, now: datetime) -> list[Saying]:
        return [saying(self._state, output, Heard(now)) for output in self._house.passed(to_micros(now))]
