"""A reading: one value of one metric, from the latest state, from the history, or from the log itself."""

from datetime import datetime
from functools import lru_cache
from math import isfinite
from typing import Final

import numpy as np
import strawberry

from adapters.history.port import HistoryRow
from api.fields import described
from api.once import once
from api.scalars import BigInt, id_or_none
from api.types.enums import Quality
from domain.columns import Float64
from projections.latest_queries import DeviceView, LatestReading
from projections.shown import Shown
from schema.envelope import RecordedEvent
from schema.events import SensorReading
from schema.ids import format_event_id
from schema.times import from_micros


@strawberry.type(description="One value of one metric, as a sensor read it.")
class Reading:
    event_id: strawberry.ID = described("The event that holds it. An event with several metrics is several readings.")
    device_id: strawberry.ID = described("The device that sent it.")
    sensor_id: strawberry.ID = described("The probe on the device.")
    metric: str = described("What was measured, such as `temperature`.")
    value: float | None = described("The value as it counts, in `unit`: as sent, or as corrected.")
    original: float | None = described("The value that the device sent, in `unit`.")
    correction: strawberry.ID | None = described("The correction that touched it last; null where none did.")
    unit: str | None = described("The metric's own unit, whatever the device used; null where none is known.")
    quality: Quality = described("How far the value can be trusted.")
    device_quality: Quality = described("The device's own word of the value that it sent.")
    verdict: str | None = described("Why our checks find the value wrong, such as `above_range` or `excluded`; null where not.")
    timestamp: datetime = described("When it was measured, by the device's clock.")
    recorded_at: datetime = described("When the log took it.")
    stream_revision: BigInt = described("The event's number in the stream of its device.")


_QUALITIES: Final[dict[str, Quality]] = {str(quality.value): quality for quality in Quality}
_moment = lru_cache(8192)(from_micros)


def finite(value: float) -> float | None:
    """JSON has no word for what is not a finite number."""
    return value if isfinite(value) else None


def finites(values: Float64) -> list[float | None]:
    """The same of a column."""
    found: list[float | None] = values.tolist()
    return found if np.isfinite(values).all() else [None if value is None else finite(value) for value in found]


def latest_readings(view: DeviceView, sensor: str | None, metric: str | None) -> list[Reading]:
    """Those of a sensor and of a metric; None is any."""
    return [
        reading
        for reading in _latest_readings(view)
        if (sensor is None or sensor == reading.sensor_id) and (metric is None or metric == reading.metric)
    ]


@once
def _latest_readings(view: DeviceView) -> list[Reading]:
    return [latest_reading(view.device_id, reading) for reading in view.readings]


def latest_reading(device_id: str, latest: LatestReading) -> Reading:
    return Reading(
        event_id=strawberry.ID(format_event_id(latest.event_id)),
        device_id=strawberry.ID(device_id),
        sensor_id=strawberry.ID(latest.sensor),
        metric=latest.metric,
        value=finite(latest.value),
        original=finite(latest.said),
        correction=id_or_none(latest.correction),
        unit=latest.unit,
        quality=_QUALITIES[latest.quality],
        device_quality=_QUALITIES[latest.said_quality],
        verdict=latest.verdict,
        timestamp=latest.timestamp,
        recorded_at=_moment(latest.recorded_us),
        stream_revision=BigInt(latest.revision),
    )


def history_reading(row: HistoryRow, shown: Shown) -> Reading:
    return Reading(
        event_id=strawberry.ID(format_event_id(row.event_id)),
        device_id=strawberry.ID(row.device),
        sensor_id=strawberry.ID(row.sensor),
        metric=row.metric,
        value=finite(shown.value),
        original=finite(row.value),
        correction=id_or_none(shown.correction),
        unit=row.unit,
        quality=_QUALITIES[shown.quality],
        device_quality=_QUALITIES[row.quality],
        verdict=shown.verdict,
        timestamp=from_micros(row.timestamp_us),
        recorded_at=from_micros(row.recorded_us),
        stream_revision=BigInt(row.revision),
    )


def live_reading(recorded: RecordedEvent, event: SensorReading, metric: str, shown: Shown) -> Reading:
    return Reading(
        event_id=strawberry.ID(format_event_id(recorded.id)),
        device_id=strawberry.ID(event.device_id),
        sensor_id=strawberry.ID(event.sensor_id),
        metric=metric,
        value=finite(shown.value),
        original=finite(event.reading[metric]),
        correction=id_or_none(shown.correction),
        unit=event.units.get(metric),
        quality=_QUALITIES[shown.quality],
        device_quality=_QUALITIES[event.quality],
        verdict=shown.verdict,
        timestamp=event.timestamp,
        recorded_at=recorded.recorded_at,
        stream_revision=BigInt(recorded.revision),
    )
