"""A cell of the heat map: a metric at a location."""

import strawberry

from api.fields import described
from api.types.reading import finite
from projections.heat import Heat


@strawberry.type(
    description="What was measured at a location and below it. Each device counts where it was, from when it was there."
)
class LocationCell:
    location: str = described("The location, such as `site/house/zone`.")
    metric: str = described("The metric.")
    unit: str | None = described("The unit of all values.")
    devices: int = described("How many devices measured it there.")
    count: int = described("How many values there are.")
    mean: float | None = described("Their mean; null where there is none.")
    min: float | None = described("The smallest.")
    max: float | None = described("The largest.")
    p50: float | None = described("The median.")
    p95: float | None = described("95 percent are at or below this.")
    suspected: int = described("How many of `count` are doubtful.")
    bad: int = described("How many values were left out because they are bad.")


def location_cells(heat: Heat, metric: str, unit: str | None) -> list[LocationCell]:
    """By location."""
    windows = heat.windows
    columns = (windows.series, windows.count, windows.mean, windows.low, windows.high, windows.suspected, windows.bad)
    quantiles = windows.quantiles(0.5, 0.95).tolist()
    cells = zip(*(column.tolist() for column in columns), quantiles, strict=True)
    return [
        LocationCell(
            location=heat.locations[place],
            metric=metric,
            unit=unit,
            devices=heat.devices[place],
            count=count,
            mean=finite(mean),
            min=finite(low),
            max=finite(high),
            p50=finite(p50),
            p95=finite(p95),
            suspected=suspected,
            bad=bad,
        )
        for place, count, mean, low, high, suspected, bad, (p50, p95) in cells
    ]
