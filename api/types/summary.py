"""The summary of a day: what one sensor's metric came to."""

import datetime as dt

import strawberry

from adapters.history.port import SeriesKey
from api.fields import described
from api.types.enums import Calendar
from api.types.series import Bucket, buckets
from projections.series import Chart


@strawberry.type(
    description="What one sensor's metric came to in a day of UTC or of its site. Values marked bad count in `bad` alone."
)
class DailySummary:
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID = described("The sensor.")
    metric: str = described("The metric.")
    unit: str | None = described("The unit of all values.")
    date: dt.date = described("The day.")
    calendar: Calendar = described("Whose day it is.")
    start: dt.datetime = described("Where the day starts.")
    end: dt.datetime = described("Where it ends: 23, 24 or 25 hours later.")
    count: int = described("How many values there are.")
    mean: float | None = described("Their mean; null where there is none.")
    min: float | None = described("The smallest.")
    max: float | None = described("The largest.")
    p50: float | None = described("The median.")
    p95: float | None = described("95 percent are at or below this.")
    first: float | None = described("The first by time of measurement.")
    last: float | None = described("The last by time of measurement.")
    suspected: int = described("How many of `count` are doubtful.")
    bad: int = described("How many values were left out because they are bad.")
    final: bool = described("Whether the day no longer waits for readings that are late. Later ones revise it.")
    revision: int = described("How many events touched it after it was final.")


def daily_summary(day: dt.date, calendar: Calendar, key: SeriesKey, unit: str | None, chart: Chart) -> DailySummary:
    """Of a chart with the one window."""
    [bucket] = buckets(chart)
    figures = {name: getattr(bucket, name) for name in Bucket.__annotations__}
    return DailySummary(
        device_id=strawberry.ID(key.device),
        sensor_id=strawberry.ID(key.sensor),
        metric=key.metric,
        unit=unit,
        date=day,
        calendar=calendar,
        **figures,
    )
