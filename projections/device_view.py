"""How a device's state is shown, and what of it is content: the same for the same set of events."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from domain.corrections import Correction
from domain.placements import ALWAYS, Placements
from projections.decision_state import DecisionState
from projections.device_state import DeviceState, Heard, Said
from projections.latest_queries import DeviceView, LatestReading, Place
from projections.shown import shown
from schema.actuators import Dialect
from schema.times import from_micros, to_micros


def location_of(device: DeviceState) -> str | None:
    """Where people put it, else the site that it speaks from."""
    decided = device.decided.metadata.location if device.decided else None
    return decided or _word(device.site)


def device_view(device: DeviceState, decisions: DecisionState) -> DeviceView:
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
        readings=tuple(_readings(device, decisions)),
        actuators=tuple(device.actuators[actuator] for actuator in sorted(device.actuators)),
        places=tuple(_places(decisions.placements(device.device_id))),
        retired_at=decisions.retired_at(device.device_id),
        corrections=decisions.standing(device.device_id),
        drift_us=device.lags.drift_us,
        dialect=decided.dialect if decided else Dialect.NATIVE,
        address=decided.address if decided else None,
        declared=decided.actuators if decided else (),
    )


def device_content(device: DeviceState, decisions: DecisionState) -> list[Any]:
    """The part that the set of events alone determines: neither recorded times nor revisions in the device's stream.

    Nor when its messages were received, by which its clock is judged.
    """
    readings = [
        (r.sensor, r.metric, r.value, r.unit, r.quality, r.timestamp, r.event_id.hex(), r.said, r.verdict, r.correction)
        for r in _readings(device, decisions)
    ]
    actuators = [(a.actuator, a.state, a.reason, a.timestamp, a.event_id.hex()) for _, a in sorted(device.actuators.items())]
    said = [
        None if word is None else (word.timestamp, word.event_id.hex(), word.value)
        for word in (device.site, device.model, device.firmware_version, device.status)
    ]
    return [
        device.device_id,
        said,
        device.decided,
        readings,
        actuators,
        decisions.retired_at(device.device_id),
    ]


def _readings(device: DeviceState, decisions: DecisionState) -> Iterator[LatestReading]:
    for sensor in sorted(device.readings):
        held = device.readings[sensor]
        for metric in sorted(held):
            yield _latest(held[metric], decisions.corrections(device.device_id, sensor, metric))


def _latest(heard: Heard, corrections: Sequence[Correction]) -> LatestReading:
    now = shown(heard.metric, heard.value, heard.quality, to_micros(heard.timestamp), corrections)
    return LatestReading(
        heard.sensor,
        heard.metric,
        now.value,
        heard.unit,
        now.quality,
        heard.timestamp,
        heard.event_id,
        heard.recorded_us,
        heard.revision,
        heard.value,
        heard.quality,
        now.verdict,
        now.correction,
    )


def _places(placements: Placements) -> Iterator[Place]:
    for since, location in zip(placements.since.tolist(), placements.locations, strict=True):
        yield Place(location, None if since == ALWAYS else from_micros(since))


def _word(said: Said | None) -> str | None:
    return None if said is None else said.value


def _when(said: Said | None) -> datetime | None:
    return None if said is None else said.timestamp
