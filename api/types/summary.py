"""The summary of a day: what one sensor's metric came to."""

import datetime as dt

import strawberry

from adapters.history.port import SeriesKey
from api.fields import described
from api.types.enums import Calendar
from api.types.series import Bucket, window_fields
from projections.series import Chart


@strawberry.type(
    description="What one sensor's metric came to in a day of UTC or of its site. Values marked bad count in `bad` alone."
)
class DailySummary(Bucket):
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID = described("The sensor.")
    metric: str = described("The metric.")
    unit: str | None = described("The unit of all values.")
    date: dt.date = described("The day.")
    calendar: Calendar = described("Whose day it is.")


def daily_summary(day: dt.date, calendar: Calendar, key: SeriesKey, unit: str | None, chart: Chart) -> DailySummary:
    """Of a chart with the one window."""
    [fields] = window_fields(chart)
    return DailySummary(
        device_id=strawberry.ID(key.device),
        sensor_id=strawberry.ID(key.sensor),
        metric=key.metric,
        unit=unit,
        date=day,
        calendar=calendar,
        **fields,
    )
