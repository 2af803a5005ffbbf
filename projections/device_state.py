"""What is held of one device, a function of the set of its events: of each thing said, the greatest (timestamp, event id)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec

from domain.drift import NO_LAGS, Lags
from projections.latest_queries import LatestActuator
from schema.envelope import RecordedEvent
from schema.events import (
    ActuatorEvent,
    Clock,
    DeviceAnnounced,
    DeviceMetadata,
    DeviceStatus,
    Quality,
    SensorReading,
)
from schema.ids import EventId
from schema.times import to_micros


class Said(msgspec.Struct, frozen=True):
    """A word of the device, and when it was said."""

    timestamp: datetime
    event_id: EventId
    value: str
    recorded_us: int


class Heard(msgspec.Struct, frozen=True):
    """A reading as the device sent it; `quality` is its own word."""

    sensor: str
    metric: str
    value: float
    unit: str | None
    quality: Quality
    timestamp: datetime
    event_id: EventId
    recorded_us: int
    revision: int


class _Receipt(msgspec.Struct, frozen=True, rename="camel"):
    """The part of a reading's metadata that its clock is held against."""

    received_at: datetime | None = None


_receipt = msgspec.json.Decoder(_Receipt)


class _Origin(msgspec.Struct, frozen=True):
    """The one part of an event's metadata that its device's state needs."""

    site: str | None = None


_origin = msgspec.json.Decoder(_Origin)


class Decided(msgspec.Struct, frozen=True):
    """What people decided of the device; the last revision of its control stream holds."""

    revision: int
    metadata: DeviceMetadata


class DeviceState(msgspec.Struct, omit_defaults=True):
    """The state of a device. Readings are {sensor: {metric: reading}}. Its site is that of the first it said."""

    device_id: str
    site: Said | None = None
    model: Said | None = None
    firmware_version: Said | None = None
    status: Said | None = None
    decided: Decided | None = None
    last_seen_us: int | None = None
    readings: dict[str, dict[str, Heard]] = {}
    actuators: dict[str, LatestActuator] = {}
    lags: Lags = NO_LAGS

    def read(self, recorded: RecordedEvent, event: SensorReading) -> None:
        if event.sent_at is not None:
            received_at = _receipt.decode(recorded.metadata).received_at
            if received_at is not None:
                self.lags = self.lags.seen(to_micros(event.sent_at), to_micros(received_at))
        if event.clock is not Clock.OK:
            return
        held = self.readings.get(event.sensor_id)
        if held is None:
            held = self.readings[event.sensor_id] = {}
        for metric, value in event.reading.items():
            before = held.get(metric)
            if before is None or _is_later(event.timestamp, recorded.id, before):
                held[metric] = Heard(
                    event.sensor_id,
                    metric,
                    value,
                    event.units.get(metric),
                    event.quality,
                    event.timestamp,
                    recorded.id,
                    recorded.recorded_us,
                    recorded.revision,
                )

    def acted(self, recorded: RecordedEvent, event: ActuatorEvent) -> None:
        before = self.actuators.get(event.actuator_id)
        if event.clock is Clock.OK and (before is None or _is_later(event.timestamp, recorded.id, before)):
            self.actuators[event.actuator_id] = LatestActuator(
                event.actuator_id, event.state, event.reason, event.timestamp, recorded.id, recorded.recorded_us
            )

    def reported(self, recorded: RecordedEvent, event: DeviceStatus) -> None:
        self.status = _latest(self.status, _said(recorded, event.timestamp, event.status))

    def announced(self, recorded: RecordedEvent, event: DeviceAnnounced) -> None:
        if event.model is not None:
            self.model = _latest(self.model, _said(recorded, event.timestamp, event.model))
        if event.firmware_version is not None:
            self.firmware_version = _latest(self.firmware_version, _said(recorded, event.timestamp, event.firmware_version))

    def decide(self, recorded: RecordedEvent, event: DeviceMetadata) -> None:
        if self.decided is None or recorded.revision > self.decided.revision:
            self.decided = Decided(recorded.revision, event)

    def seen(self, recorded_us: int) -> None:
        if self.last_seen_us is None or recorded_us > self.last_seen_us:
            self.last_seen_us = recorded_us

    def spoke_from(self, recorded: RecordedEvent, timestamp: datetime) -> bool:
        """Whether this event, being the first of all, tells another site than was known. Later ones are not looked into."""
        held = self.site
        if held is not None and (timestamp, recorded.id) >= (held.timestamp, held.event_id):
            return False
        site = _origin.decode(recorded.metadata).site
        if site is None:
            return False
        self.site = _said(recorded, timestamp, site)
        return held is None or held.value != site


HEARD: Final[dict[type, Callable[[DeviceState, RecordedEvent, Any], None]]] = {
    SensorReading: DeviceState.read,
    ActuatorEvent: DeviceState.acted,
    DeviceStatus: DeviceState.reported,
    DeviceAnnounced: DeviceState.announced,
}
"""What becomes of each thing that a device says."""


def _said(recorded: RecordedEvent, timestamp: datetime, value: str) -> Said:
    return Said(timestamp, recorded.id, value, recorded.recorded_us)


def _is_later(timestamp: datetime, event_id: EventId, than: Heard | LatestActuator | Said) -> bool:
    return timestamp > than.timestamp or (timestamp == than.timestamp and event_id > than.event_id)


def _latest(held: Said | None, said: Said) -> Said:
    return said if held is None or _is_later(said.timestamp, said.event_id, held) else held
