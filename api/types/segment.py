"""A part of a series: the sensor that measured it, and from when to when."""

from datetime import datetime

import strawberry

from api.fields import described
from domain.replacements import BEGINNING, END, Segment
from schema.times import from_micros


@strawberry.type(description="A part of a series that one sensor measured.")
class SensorSegment:
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID = described("The sensor on it.")
    start: datetime | None = strawberry.field(name="from", description="From when it counts; null: from the first reading on.")
    end: datetime | None = strawberry.field(name="to", description="Until when it counts; null: it still does.")


def sensor_segment(segment: Segment) -> SensorSegment:
    return SensorSegment(
        device_id=strawberry.ID(segment.sensor.device),
        sensor_id=strawberry.ID(segment.sensor.sensor),
        start=None if segment.start_us == BEGINNING else from_micros(segment.start_us),
        end=None if segment.end_us == END else from_micros(segment.end_us),
    )
