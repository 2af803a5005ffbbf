"""A cell of the heat map: a metric at a location."""

import strawberry

from api.fields import described
from api.types.figures import Figures, figures
from projections.heat import Heat


@strawberry.type(
    description="What was measured at a location and below it. Each device counts where it was, from when it was there."
)
class LocationCell(Figures):
    location: str = described("The location, such as `site/house/zone`.")
    metric: str = described("The metric.")
    unit: str | None = described("The unit of all values.")
    devices: int = described("How many devices measured it there.")


def location_cells(heat: Heat, metric: str, unit: str | None) -> list[LocationCell]:
    """By location."""
    places, found = heat.windows.series.tolist(), figures(heat.windows, heat.windows.quantiles(0.5, 0.95))
    return [
        LocationCell(location=heat.locations[place], metric=metric, unit=unit, devices=heat.devices[place], **fields)
        for place, fields in zip(places, found, strict=True)
    ]
