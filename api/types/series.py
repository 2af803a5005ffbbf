"""Series: the readings of a few sensors in windows, for charts."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Final

import strawberry

from adapters.history.port import SeriesKey
from api.fields import argument, column, computed, described
from api.types.figures import Figures, figures
from api.types.reading import finite, finites
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


@strawberry.enum(description="A figure of a window.")
class Figure(Enum):
    MEAN = strawberry.enum_value("mean", description="The mean.")
    MIN = strawberry.enum_value("low", description="The smallest value.")
    MAX = strawberry.enum_value("high", description="The largest value.")
    FIRST = strawberry.enum_value("first", description="The first by time of measurement.")
    LAST = strawberry.enum_value("last", description="The last by time of measurement.")
    P50 = strawberry.enum_value("p50", description="The median.")
    P95 = strawberry.enum_value("p95", description="95 percent are at or below this.")


_QUANTILES: Final = (Figure.P50, Figure.P95)


@strawberry.type(
    description="The windows of a series as columns: one list for each figure, all in the order of time and of the same length."
)
class SeriesColumns:
    chart: strawberry.Private[Chart]

    @column("Where each window starts.")
    def times(self) -> list[datetime]:
        return [from_micros(start) for start in self.chart.windows.start.tolist()]

    @column("Where each window ends.")
    def ends(self) -> list[datetime]:
        return [from_micros(end) for end in self.chart.end.tolist()]

    @column("A figure of each window, without what is bad; null where all of it is.")
    def values(self, of: Annotated[Figure, argument("Which figure.")] = Figure.MEAN) -> list[float | None]:
        if of in _QUANTILES:
            return finites(self.chart.quantiles[:, _QUANTILES.index(of)])
        return finites(getattr(self.chart.windows, of.value))

    @column("How many values each window has.")
    def counts(self) -> list[int]:
        return self._whole("count")

    @column("How many of these are doubtful.")
    def suspected(self) -> list[int]:
        return self._whole("suspected")

    @column("How many values of each were left out because they are bad.")
    def bad(self) -> list[int]:
        return self._whole("bad")

    @column("Whether each no longer waits for readings that are late.")
    def final(self) -> list[bool]:
        found: list[bool] = self.chart.final.tolist()
        return found

    @column("How many events touched each after it was final.")
    def revisions(self) -> list[int]:
        return self._whole("revision")

    def _whole(self, name: str) -> list[int]:
        found: list[int] = getattr(self.chart.windows, name).tolist()
        return found


@strawberry.type(
    description="The windows of one sensor's metric that hold readings, in order of time; a window without any is a gap."
)
class Series:
    chart: strawberry.Private[Chart]
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID = described("The sensor.")
    metric: str = described("The metric.")
    unit: str | None = described("The unit of all values.")

    @computed("The windows.")
    def buckets(self) -> list[Bucket]:
        return [Bucket(**fields) for fields in window_fields(self.chart)]

    @computed("The windows as columns, which cost a seventh.")
    def columns(self) -> SeriesColumns:
        return SeriesColumns(chart=self.chart)


def series(key: SeriesKey, unit: str | None, chart: Chart) -> Series:
    return Series(
        chart=chart,
        device_id=strawberry.ID(key.device),
        sensor_id=strawberry.ID(key.sensor),
        metric=key.metric,
        unit=unit,
    )


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
