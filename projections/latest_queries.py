"""What may be asked about the latest state, and the shapes of the answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from domain.corrections import Correction
from schema.actuators import ActuatorSpec, Dialect, Scalar
from schema.events import Quality
from schema.ids import EventId


class LatestReading(msgspec.Struct, frozen=True):
    """What a sensor last said of one metric: the greatest (timestamp, event id) among those with a clock to believe.

    `value` and `quality` are as corrected and judged, `said` and `said_quality` as the device sent them; `verdict` is the
    reason where we found the value bad, `correction` the id of the one that touched it last.
    """

    sensor: str
    metric: str
    value: float
    unit: str | None
    quality: Quality
    timestamp: datetime
    event_id: EventId
    recorded_us: int
    revision: int
    said: float
    said_quality: Quality
    verdict: str | None = None
    correction: str | None = None


class LatestActuator(msgspec.Struct, frozen=True):
    """The state an actuator last said it is in."""

    actuator: str
    state: Scalar
    reason: str | None
    timestamp: datetime
    event_id: EventId
    recorded_us: int


class Place(msgspec.Struct, frozen=True):
    """A location that counts since then, up to the next one; None: it always did."""

    location: str | None
    since: datetime | None


class DeviceView(msgspec.Struct, frozen=True, dict=True):
    """All that is known now of a device. `location` is what people decided, `site` where it speaks from.

    One object for as long as nothing changes, with room for what others make of it.

    `places` are where it was, and `corrections` those that stand, each in order. `drift_us` is by how much its clock is behind
    ours, where it says when it sent. `declared` are the actuators that take commands.
    """

    device_id: str
    site: str | None
    location: str | None
    name: str | None
    device_type: str | None
    model: str | None
    firmware_version: str | None
    status: str | None
    status_at: datetime | None
    last_seen: datetime | None
    readings: Sequence[LatestReading]
    actuators: Sequence[LatestActuator]
    places: Sequence[Place] = ()
    retired_at: datetime | None = None
    corrections: Sequence[Correction] = ()
    drift_us: int | None = None
    dialect: Dialect = Dialect.NATIVE
    address: str | None = None
    declared: Sequence[ActuatorSpec] = ()


class SiteView(msgspec.Struct, frozen=True):
    site_id: str
    name: str | None
    time_zone: str


class LatestQueries(Protocol):
    """The latest state. In memory: answers at once."""

    def device(self, device_id: str) -> DeviceView | None: ...

    def devices(
        self,
        *,
        first: int,
        after: str | None = None,
        before: str | None = None,
        backwards: bool = False,
        location: str | None = None,
    ) -> list[DeviceView]:
        """At most `first` devices by id, between those ids, or with `backwards` the last of them.

        At or below the location (its site where none was decided).
        """
        ...

    def site(self, site_id: str) -> SiteView | None: ...

    def sites(self) -> list[SiteView]: ...
