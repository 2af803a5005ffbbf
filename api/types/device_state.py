"""A device as it was: as of a moment, as was known at a moment."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.fields import argument, computed, described
from api.types.actuator import ActuatorState, actuator_state
from api.types.enums import DeviceStatus
from api.types.reading import Reading, latest_readings
from projections.latest_queries import DeviceView
from projections.past import PastState


@strawberry.type(description="What a device's state was at a moment, as far as it was known at a moment.")
class DeviceState:
    view: strawberry.Private[DeviceView]
    device_id: strawberry.ID = described("The device.")
    as_of: datetime = described("What was measured up to here counts.")
    known_at: datetime = described("What was recorded and decided up to here counts.")
    site: strawberry.ID | None = described("The site from which it speaks.")
    location: str | None = described("Where it was, a path `site/house/zone`, as people had decided.")
    name: str | None = described("What people called it.")
    device_type: str | None = described("What kind of device people had said it is.")
    model: str | None = described("Its model.")
    firmware_version: str | None = described("The firmware that it ran.")
    status: DeviceStatus | None = described("Whether it was online; null where it had not said.")
    status_at: datetime | None = described("When its status had last changed.")
    retired_at: datetime | None = described("From when it is out of service, as people had decided; null: it was in service.")

    @computed("What each sensor had last said of each metric, as corrected by then.")
    def latest(
        self,
        sensor_id: Annotated[strawberry.ID | None, argument("Only this sensor.")] = None,
        metric: Annotated[str | None, argument("Only this metric.")] = None,
    ) -> list[Reading]:
        return latest_readings(self.view, sensor_id, metric)

    @computed("The state of each of its actuators.")
    def actuators(self) -> list[ActuatorState]:
        return [actuator_state(actuator) for actuator in self.view.actuators]


def device_state(past: PastState, as_of: datetime, known_at: datetime) -> DeviceState:
    view = past.view
    return DeviceState(
        view=view,
        device_id=strawberry.ID(view.device_id),
        as_of=as_of,
        known_at=known_at,
        site=None if view.site is None else strawberry.ID(view.site),
        location=past.location,
        name=view.name,
        device_type=view.device_type,
        model=view.model,
        firmware_version=view.firmware_version,
        status=None if view.status is None else DeviceStatus(view.status),
        status_at=view.status_at,
        retired_at=view.retired_at,
    )
