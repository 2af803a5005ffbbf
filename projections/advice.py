"""The latest state as it advises whoever decides about commands."""

from datetime import datetime

from domain.advice import KnownState
from projections.latest_queries import DeviceView, LatestActuator, LatestQueries
from schema.events import Quality

_OFFLINE = "offline"


class LatestAdvice:
    """Implements `Advice`."""

    def __init__(self, latest: LatestQueries) -> None:
        self._latest = latest

    def actuator(self, device_id: str, actuator_id: str) -> KnownState | None:
        device = self._latest.device(device_id)
        actuators = () if device is None else device.actuators
        return next((KnownState(one.state, _so_until(device, one)) for one in actuators if one.actuator == actuator_id), None)

    def metric(self, device_id: str, sensor_id: str | None, metric: str) -> KnownState | None:
        device = self._latest.device(device_id)
        believed = [
            reading
            for reading in (() if device is None else device.readings)
            if reading.metric == metric and sensor_id in {None, reading.sensor} and reading.quality is not Quality.BAD
        ]
        last = max(believed, key=lambda reading: (reading.timestamp, reading.event_id), default=None)
        return None if last is None else KnownState(last.value, last.timestamp)

    def online(self, device_id: str) -> bool | None:
        device = self._latest.device(device_id)
        return None if device is None or device.status is None else device.status != _OFFLINE

    def site(self, device_id: str) -> str | None:
        device = self._latest.device(device_id)
        return None if device is None else device.site


def _so_until(device: DeviceView | None, actuator: LatestActuator) -> datetime:
    """Until when it was in that state for certain. That a device went offline is no word of its own: its will says so."""
    if device is None or device.last_seen is None or device.status == _OFFLINE:
        return actuator.timestamp
    return max(device.last_seen, actuator.timestamp)
