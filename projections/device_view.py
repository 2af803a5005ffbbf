"""How a device's state is shown, and what of it is content: the same for the same set of events."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from projections.device_state import DeviceState, Said
from projections.queries import DeviceView, LatestReading
from schema.times import from_micros


def location_of(device: DeviceState) -> str | None:
    """Where people put it, else the site that it speaks from."""
    decided = device.decided.metadata.location if device.decided else None
    return decided or _word(device.site)


def device_view(device: DeviceState) -> DeviceView:
    """All that is known of it. What it announced of itself goes before what was registered."""
    decided = device.decided.metadata if device.decided else None
    return DeviceView(
        device_id=device.device_id,
        site=_word(device.site),
        location=decided.location if decided else None,
        name=decided.name if decided else None,
        device_type=decided.device_type if decided else None,
        model=_word(device.model) or (decided.model if decided else None),
        firmware_version=_word(device.firmware_version) or (decided.firmware_version if decided else None),
        status=_word(device.status),
        status_at=_when(device.status),
        last_seen=None if device.last_seen_us is None else from_micros(device.last_seen_us),
        readings=tuple(_readings(device)),
        actuators=tuple(device.actuators[actuator] for actuator in sorted(device.actuators)),
    )


def device_content(device: DeviceState) -> list[Any]:
    """The part that the set of events alone determines: neither recorded times nor revisions in the device's stream."""
    readings = [(r.sensor, r.metric, r.value, r.unit, r.quality, r.timestamp, r.event_id.hex()) for r in _readings(device)]
    actuators = [device.actuators[actuator] for actuator in sorted(device.actuators)]
    return [
        device.device_id,
        device.site,
        device.model,
        device.firmware_version,
        device.status,
        device.decided,
        readings,
        actuators,
    ]


def _readings(device: DeviceState) -> Iterator[LatestReading]:
    for sensor in sorted(device.readings):
        held = device.readings[sensor]
        for metric in sorted(held):
            yield held[metric]


def _word(said: Said | None) -> str | None:
    return None if said is None else said.value


def _when(said: Said | None) -> datetime | None:
    return None if said is None else said.timestamp
