"""Series: the readings of a few sensors in windows, for charts."""

from datetime import datetime
from typing import Any

import strawberry

from adapters.history.port import SeriesKey
from api.fields import described
from api.types.figures import Figures, figures
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
class Bucket(Figures):
    start: datetime = described("Where the window starts.")
    end: datetime = described("Where the window ends.")
    first: float | None = described("The first by time of measurement.")
    last: float | None = described("The last by time of measurement.")
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
    return [Bucket(**fields) for fields in window_fields(chart)]


def window_fields(chart: Chart) -> list[dict[str, Any]]:
    """The fields of `Bucket`, of each window."""
    windows = chart.windows
    columns = (windows.start, chart.end, windows.first, windows.last, chart.final, windows.revision)
    return [
        {
            **figure,
            "start": from_micros(start),
            "end": from_micros(end),
            "first": finite(first),
            "last": finite(last),
            "final": final,
            "revision": revision,
        }
        for figure, start, end, first, last, final, revision in zip(
            figures(windows, chart.quantiles), *(column.tolist() for column in columns), strict=True
        )
    ]
