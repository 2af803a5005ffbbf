"""What the log holds of the ledger's devices."""

from collections import Counter

from adapters.event_log.port import EventLog
from adapters.history.port import SeriesKey
from glasshouse.oracle.claims import Claims, Identity, identity_of_answer, identity_of_dead_letter, identity_of_reading
from schema.dead_letters import DeadLettered
from schema.envelope import Filter, RecordedEvent
from schema.events import ActuatorEvent, CommandAck, SensorReading
from schema.ids import EventId, format_event_id
from schema.registry import REGISTRY
from schema.times import to_micros

_DECODED = frozenset({"SensorReading", "ActuatorEvent", "CommandAck", "DeadLettered"})
_LOOKED_AT = Filter(categories=frozenset({"device", "deadletter"}))
EXAMPLES_MOST = 20


class Findings:
    """Filled by one pass over the log.

    `stored_twice` counts ids that came again, which read models bear; `under_two_ids` readings and answers that came again
    under another id, which all of them count twice. `series` counts each event once; `first_us` to `last_us` span its readings.
    """

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self._ids: set[EventId] = set()
        self.stored: set[Identity] = set()
        self.dead: set[Identity] = set()
        self.invented: list[str] = []
        self.invented_count = 0
        self.stored_twice = 0
        self.under_two_ids = 0
        self.series: Counter[SeriesKey] = Counter()
        self.first_us: int | None = None
        self.last_us: int | None = None

    async def read(self, log: EventLog) -> None:
        """Read the whole log."""
        async for page in log.read_all(None, only=_LOOKED_AT):
            for recorded in page.events:
                self._look_at(recorded)

    def _look_at(self, recorded: RecordedEvent) -> None:
        category, _, name = recorded.stream.partition("-")
        if category == "device" and name not in self._claims.devices:
            return
        if recorded.id in self._ids:
            self.stored_twice += 1
            return
        self._ids.add(recorded.id)
        event = REGISTRY.unpack(recorded) if recorded.type in _DECODED else None
        if isinstance(event, DeadLettered):
            self.dead.update((recorded.id, identity_of_dead_letter(event)))
            return
        self.stored.add(recorded.id)
        if isinstance(event, SensorReading):
            self._count(event)
            self._claimed(recorded, identity_of_reading(event))
        elif isinstance(event, CommandAck):
            self._claimed(recorded, identity_of_answer(event))
        elif isinstance(event, ActuatorEvent):
            self._claimed(recorded, None)

    def _claimed(self, recorded: RecordedEvent, identity: Identity | None) -> None:
        """Look for the message behind an event. Statuses are not looked for: a last will comes from the broker."""
        if identity is not None:
            self.under_two_ids += identity in self.stored
            self.stored.add(identity)
        if recorded.id in self._claims.sent or identity in self._claims.sent:
            return
        self.invented_count += 1
        if len(self.invented) < EXAMPLES_MOST:
            self.invented.append(f"invented: {recorded.stream} {format_event_id(recorded.id)}")

    def _count(self, event: SensorReading) -> None:
        at = to_micros(event.timestamp)
        self.first_us = at if self.first_us is None else min(self.first_us, at)
        self.last_us = at if self.last_us is None else max(self.last_us, at)
        for metric in event.reading:
            self.series[SeriesKey(event.device_id, event.sensor_id, metric)] += 1
