"""What a set of values comes to: the figures that a window, a day and a place on the heat map share."""

from typing import Any

import strawberry

from api.fields import described
from api.types.reading import finite
from domain.columns import Float64
from domain.windows import Windows


@strawberry.type(description="What a set of values comes to. Values marked bad count in `bad` alone.")
class Figures:
    count: int = described("How many values there are.")
    mean: float | None = described("Their mean; null where there is none.")
    min: float | None = described("The smallest.")
    max: float | None = described("The largest.")
    p50: float | None = described("The median.")
    p95: float | None = described("95 percent are at or below this.")
    suspected: int = described("How many of `count` are doubtful.")
    bad: int = described("How many values were left out because they are bad.")


def figures(windows: Windows, quantiles: Float64) -> list[dict[str, Any]]:
    """The fields of `Figures`, of each window; `quantiles` [W, 2] are p50 and p95."""
    columns = (windows.count, windows.mean, windows.low, windows.high, *quantiles.T, windows.suspected, windows.bad)
    return [
        {
            "count": count,
            "mean": finite(mean),
            "min": finite(low),
            "max": finite(high),
            "p50": finite(p50),
            "p95": finite(p95),
            "suspected": suspected,
            "bad": bad,
        }
        for count, mean, low, high, p50, p95, suspected, bad in zip(*(column.tolist() for column in columns), strict=True)
    ]
