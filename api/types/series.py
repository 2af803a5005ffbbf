"""Series: the readings of a few sensors in windows, for charts."""

from datetime import datetime

import strawberry

from adapters.history.port import Bucket as HistoryBucket
from adapters.history.port import SeriesKey
from api.fields import described
from api.types.reading import finite


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
    bad: int = described("How many values were left out because they are bad.")


@strawberry.type(
    description="The windows of one sensor's metric that hold readings, in order of time; a window without any is a gap."
)
class Series:
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID = described("The sensor.")
    metric: str = described("The metric.")
    unit: str | None = described("The unit of all values.")
    buckets: list[Bucket] = described("The windows.")


def series(key: SeriesKey, unit: str | None, buckets: list[HistoryBucket]) -> Series:
    return Series(
        device_id=strawberry.ID(key.device),
        sensor_id=strawberry.ID(key.sensor),
        metric=key.metric,
        unit=unit,
        buckets=[_bucket(one) for one in buckets],
    )


def _bucket(one: HistoryBucket) -> Bucket:
    return Bucket(
        start=one.start,
        end=one.end,
        count=one.count,
        mean=finite(one.mean),
        min=finite(one.min),
        max=finite(one.max),
        p50=finite(one.p50),
        p95=finite(one.p95),
        bad=one.bad,
    )
