"""A device as it is now, and pages of devices."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Annotated, Final

import strawberry
from msgspec.structs import replace

from api import past
from api.context import Info
from api.cursors import DevicePlace, encode_place
from api.fields import argument, computed, described
from api.once import once
from api.scalars import CursorText
from api.types.actuator import ActuatorState, actuator_state
from api.types.correction import Correction, correction
from api.types.declared import DeclaredActuator, declared_actuator
from api.types.device_state import DeviceState
from api.types.enums import DeviceStatus, Dialect
from api.types.node import Node
from api.types.paging import Page, PageInfo, page_size
from api.types.reading import Reading, latest_readings
from projections.latest_queries import DeviceView

_PLACES: Final = 50


@strawberry.type(description="A location of a device, and from when to when it counts.")
class Placement:
    location: str | None = described("A path `site/house/zone`; null: nobody says where it was.")
    start: datetime | None = strawberry.field(name="from", description="From when on; null: from the beginning.")
    end: datetime | None = strawberry.field(name="to", description="Until when; null: it still counts.")


@strawberry.type(description="A device, as far as it is known now.")
class Device(Node):
    view: strawberry.Private[DeviceView]
    id: strawberry.ID = described("Unique over all sites.")
    device_id: strawberry.ID = described("The same as `id`, under the name that readings use.")
    site: strawberry.ID | None = described("The site from which it speaks.")
    location: str | None = described("Where it is, a path `site/house/zone`, as people decided.")
    located_since: datetime | None = described("From when that location counts; null: it always did, or there is none.")
    retired_at: datetime | None = described(
        "From when it is out of service: its silence means nothing. Null: it is in service."
    )
    name: str | None = described("What people call it.")
    device_type: str | None = described("What kind of device it is.")
    model: str | None = described("Its model.")
    firmware_version: str | None = described("The firmware that it runs.")
    status: DeviceStatus | None = described("Whether it is online; null where it never said.")
    status_at: datetime | None = described("When its status last changed.")
    last_seen: datetime | None = described("When anything last came from it.")
    dialect: Dialect = described("How it is spoken to, and speaks.")
    address: str | None = described("The topic of a device of another dialect than ours.")
    clock_drift: float | None = described(
        "By how many seconds its clock is behind ours (negative: ahead): the smallest difference between when it says it sent "
        "and when we received, in the last two hours in which any came. Null: it never says when it sends."
    )

    @computed("What each sensor last said of each metric, by the time of measurement.")
    def latest(
        self,
        sensor_id: Annotated[strawberry.ID | None, argument("Only this sensor.")] = None,
        metric: Annotated[str | None, argument("Only this metric.")] = None,
    ) -> list[Reading]:
        return latest_readings(self.view, sensor_id, metric)

    @computed(
        "Its state at a moment, as far as it was known at a moment: folded from the log, a capped part of it. Null where "
        "nothing was known of it."
    )
    async def state_at(
        self,
        info: Info,
        as_of: Annotated[datetime, argument("What was measured up to here counts.")],
        known_at: Annotated[datetime | None, argument("Only what was recorded and decided up to here; left out: all.")] = None,
        look_back: Annotated[
            timedelta | None, argument("Look no further back from `asOf` than this; left out: as far as there is anything.")
        ] = None,
    ) -> DeviceState | None:
        return await past.state_at(info.context, self.view.device_id, as_of, known_at, look_back)

    @computed("Where it was when, in order of time: at most the last 50 places.")
    def placements(self) -> list[Placement]:
        places = self.view.places[-_PLACES:]
        return [
            Placement(location=place.location, start=place.since, end=after.since if after else None)
            for place, after in zip_longest(places, places[1:])
        ]

    @computed("The corrections of its readings that make a difference, newest first.")
    def corrections(
        self, info: Info, first: Annotated[int | None, argument("How many to give: at most 500, by default 50.")] = None
    ) -> list[Correction]:
        size = page_size(first, info.context.services.limits)
        newest = self.view.corrections[: -size - 1 : -1]
        return [correction(self.view.device_id, decided) for decided in newest]

    @computed("Its actuators that take commands, as they were declared.")
    def declared_actuators(self, info: Info) -> list[DeclaredActuator]:
        view, sight = self.view, info.context.services.sight
        return [declared_actuator(view.device_id, view.dialect, spec, sight) for spec in view.declared]

    @computed("The state of each of its actuators.")
    def actuators(self) -> list[ActuatorState]:
        return [actuator_state(actuator) for actuator in self.view.actuators]


@strawberry.type(description="A device and its place in the list.")
class DeviceEdge:
    cursor: CursorText = described("The place of this device: give it as `after` to go on from here.")
    node: Device = described("The device.")


@strawberry.type(description="A page of devices, ordered by id.")
class DeviceConnection:
    edges: list[DeviceEdge] = described("The devices with their places.")
    nodes: list[Device] = described("The devices alone.")
    page_info: PageInfo = described("Where the page stands.")
    live_cursor: CursorText = described("Where the `readings` subscription goes on: what came before is in this page already.")


@once
def device(view: DeviceView) -> Device:
    return Device(
        view=replace(view),  # without what is kept with it
        id=strawberry.ID(view.device_id),
        device_id=strawberry.ID(view.device_id),
        site=None if view.site is None else strawberry.ID(view.site),
        location=view.location,
        located_since=view.places[-1].since if view.places else None,
        retired_at=view.retired_at,
        name=view.name,
        device_type=view.device_type,
        model=view.model,
        firmware_version=view.firmware_version,
        status=None if view.status is None else DeviceStatus(view.status),
        status_at=view.status_at,
        last_seen=view.last_seen,
        dialect=Dialect(view.dialect),
        address=view.address,
        clock_drift=None if view.drift_us is None else view.drift_us / 1e6,
    )


@once
def _edge(view: DeviceView) -> DeviceEdge:
    return DeviceEdge(cursor=CursorText(encode_place(DevicePlace(view.device_id))), node=device(view))


def device_page(found: Sequence[DeviceView], page: Page, live_cursor: str) -> DeviceConnection:
    """`found` may hold one beyond the page."""
    views, more = page.cut(found)
    edges = [_edge(view) for view in views]
    return DeviceConnection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=page.info([edge.cursor for edge in edges], more=more),
        live_cursor=CursorText(live_cursor),
    )
