"""Which readings, alerts and anomalies a subscriber wants to be told of."""

import msgspec

from projections.latest_queries import DeviceView, LatestQueries
from schema.envelope import RecordedEvent, decode_metadata
from schema.events import SensorReading


class Selection(msgspec.Struct, frozen=True):
    """Those of a device, of devices at or below a location, of a metric; None is any."""

    device: str | None = None
    location: str | None = None
    metric: str | None = None

    def is_there(self, event: SensorReading, recorded: RecordedEvent, latest: LatestQueries) -> bool:
        """Whether the event is of a device at the wanted location."""
        return self.location is None or self._is_here(_place(event.device_id, recorded, latest))

    def has(self, view: DeviceView) -> bool:
        """Whether it is a device that is wanted."""
        return self.device in {None, view.device_id} and (self.location is None or self._is_here(_place_of(view)))

    def is_of(self, device: str, metric: str | None, latest: LatestQueries) -> bool:
        """Whether it is of a device and a metric that are wanted."""
        if self.device not in {None, device} or self.metric not in {None, metric}:
            return False
        view = None if self.location is None else latest.device(device)
        return self.location is None or (view is not None and self._is_here(_place_of(view)))

    def _is_here(self, place: str | None) -> bool:
        return place is not None and (place == self.location or place.startswith(f"{self.location}/"))


def _place_of(view: DeviceView) -> str | None:
    """As people decided, else the site that it speaks from."""
    return view.location or view.site


def _place(device_id: str, recorded: RecordedEvent, latest: LatestQueries) -> str | None:
    """Where a device is, as its first event tells already."""
    view = latest.device(device_id)
    if view is not None and (place := _place_of(view)):
        return place
    try:
        return decode_metadata(recorded.metadata).site
    except msgspec.DecodeError:
        return None
