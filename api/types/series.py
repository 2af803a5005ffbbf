"""Series: the readings of a few sensors in windows, for charts."""

from datetime import datetime
from typing import Any

import strawberry

from adapters.history.port import SeriesKey
from api.fields import described
from api.types.reading import finite
from projections.series import Chart
from schema.times import from_micros


@strawberry.input(description="One line on a chart.")
class SeriesSelector:
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID = described("The sensor on it.")
    metric: str = described("The metric that it measures.")


@strawberry.type(
    description="A window of a series: its start is in it, its end is not. Values marked bad count in `bad` alone."
)
class Bucket:
    start: datetime = described("Where the window starts.")
    end: datetime = described("Where the window ends.")
    count: int = described("How many values it holds.")
    mean: float | None = described("Their mean; null where there is none.")
    min: float | None = described("The smallest.")
    max: float | None = described("The largest.")
    p50: float | None = described("The median.")
    p95: float | None = described("95 percent are at or below this.")
    first: float | None = described("The first by time of measurement.")
    last: float | None = described("The last by time of measurement.")
    suspected: int = described("How many of `count` are doubtful.")
    bad: int = described("How many values were left out because they are bad.")
    final: bool = described("Whether it no longer waits for readings that are late. Later ones revise it.")
    revision: int = described("How many events touched it after it was final.")


@strawberry.type(
    description="The windows of one sensor's metric that hold readings, in order of time; a window without any is a gap."
)
class Series:
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID = described("The sensor.")
    metric: str = described("The metric.")
    unit: str | None = described("The unit of all values.")
    buckets: list[Bucket] = described("The windows.")


def series(key: SeriesKey, unit: str | None, chart: Chart) -> Series:
    return Series(
        device_id=strawberry.ID(key.device),
        sensor_id=strawberry.ID(key.sensor),
        metric=key.metric,
        unit=unit,
        buckets=buckets(chart),
    )


def buckets(chart: Chart) -> list[Bucket]:
    """The windows of a chart."""
    windows = chart.windows
    columns = (
        windows.start,
        chart.end,
        windows.count,
        windows.mean,
        windows.low,
        windows.high,
        *chart.quantiles.T,
        windows.first,
        windows.last,
        windows.suspected,
        windows.bad,
        chart.final,
        windows.revision,
    )
    return [_bucket(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _bucket(start: int, end: int, count: int, *figures: Any) -> Bucket:
    mean, low, high, p50, p95, first, last, suspected, bad, final, revision = figures
    return Bucket(
        start=from_micros(start),
        end=from_micros(end),
        count=count,
        mean=finite(mean),
        min=finite(low),
        max=finite(high),
        p50=finite(p50),
        p95=finite(p95),
        first=finite(first),
        last=finite(last),
        suspected=suspected,
        bad=bad,
        final=final,
        revision=revision,
    )
