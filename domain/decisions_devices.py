"""Decisions about sensors that are replaced and devices that retire."""

from collections.abc import Collection, Sequence

from domain.decisions import Decision, Refusal, Refused, id_problem, text_problem
from domain.replacements import SensorKey
from schema.events import DeviceRetired, Event, SensorReplaced


def fold_replaced(events: Sequence[Event], sensor: str) -> SensorReplaced | None:
    """What was last decided about the sensor: each event states the whole."""
    said = (event for event in reversed(events) if isinstance(event, SensorReplaced) and event.sensor_id == sensor)
    return next(said, None)


def fold_retired(events: Sequence[Event]) -> DeviceRetired | None:
    """What was last decided about the device's service: each event states the whole."""
    return next((event for event in reversed(events) if isinstance(event, DeviceRetired)), None)


def replace_sensor(current: SensorReplaced | None, wanted: SensorReplaced, followers: Collection[SensorKey]) -> Decision:
    """Let another sensor go on from a moment on. `followers` are that sensor, and all that took or will take its place."""
    problem = _replacement_problem(wanted)
    if problem is not None:
        return Refused(Refusal.INVALID, problem)
    if SensorKey(wanted.device_id, wanted.sensor_id) in followers:
        return Refused(
            Refusal.CONFLICT,
            f"{wanted.by_device_id}/{wanted.by_sensor_id} is, or was itself replaced in the end by, "
            f"{wanted.device_id}/{wanted.sensor_id}: the series would go round in a circle",
        )
    nothing = current is None and wanted.by_sensor_id is None
    return [] if nothing or wanted == current else [wanted]


def retire_device(current: DeviceRetired | None, wanted: DeviceRetired, *, known: bool) -> Decision:
    """Take a device out of service from a moment on, or (without one) back into it. `known` says that it ever was there."""
    problem = id_problem("deviceId", wanted.device_id) or text_problem("reason", wanted.reason)
    if problem is not None:
        return Refused(Refusal.INVALID, problem)
    if not known:
        return Refused(Refusal.NOT_FOUND, f"no device {wanted.device_id} ever spoke or was registered")
    before = None if current is None else current.at
    return [] if before == wanted.at else [wanted]


def _replacement_problem(wanted: SensorReplaced) -> str | None:
    named = {"deviceId": wanted.device_id, "sensorId": wanted.sensor_id}
    if wanted.by_device_id is not None and wanted.by_sensor_id is not None:
        named |= {"by.deviceId": wanted.by_device_id, "by.sensorId": wanted.by_sensor_id}
    return next((problem for name, text in named.items() if (problem := id_problem(name, text))), None)
