"""Summaries of months, seasons and years: the windows of days, from the store and the archive alike, added up by DuckDB."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import duckdb
import msgspec
import pyarrow as pa

from domain.indices import DAILY_INDICES
from glasshouse.exporting import Pairs, exported, write_file
from glasshouse.settings import Settings

By = Literal["month", "season", "year"]

_PERIOD: Final[dict[str, str]] = {
    "month": "strftime(day, '%Y-%m')",
    # December counts to the winter (in the south: summer) of the year that follows.
    "season": (
        "(CASE WHEN month(day) = 12 THEN year(day) + 1 ELSE year(day) END)::VARCHAR || '-' || "
        "(CASE WHEN month(day) IN (12, 1, 2) THEN '1-DJF' WHEN month(day) <= 5 THEN '2-MAM' "
        "WHEN month(day) <= 8 THEN '3-JJA' ELSE '4-SON' END)"
    ),
    "year": "strftime(day, '%Y')",
}
_SUMS: Final = "list_contains($summed, metric)"
_SELECT: Final = """
WITH days AS (SELECT *, epoch_ms(epoch_ms("start"))::DATE AS day FROM windows)
SELECT {period} AS period, device, sensor, metric, any_value(unit) AS unit, count(*) FILTER (count > 0) AS days,
    sum(count)::BIGINT AS count, sum(bad)::BIGINT AS bad, sum("sum") / nullif(sum(count), 0) AS mean,
    min("min") AS min, max("max") AS max, CASE WHEN {sums} THEN sum("sum") END AS total
FROM days GROUP BY 1, 2, 3, 4 ORDER BY device, sensor, metric, period
"""


class Summary(msgspec.Struct, frozen=True):
    """A sensor's metric in a period: figures over all its values that are not bad.

    `days` have such values. `total` adds up the days of what is a figure of a day itself, such as growing degree days.
    """

    period: str
    device: str
    sensor: str
    metric: str
    unit: str | None
    days: int
    count: int
    bad: int
    mean: float | None
    min: float | None
    max: float | None
    total: float | None


async def summaries(settings: Settings, by: By, asked: Pairs) -> list[Summary]:
    """By device, sensor and metric, in order of time. Periods are of UTC."""
    pairs = [("what", "windows"), ("window", "P1D"), ("format", "arrow"), *asked]
    with tempfile.TemporaryDirectory(prefix="glasshouse-summary-") as folder:
        days = Path(folder) / "days.arrow"
        async with exported(settings, pairs) as parts:
            await write_file(parts, days, lambda _size: None)
        return _summed(days, by)


def _summed(days: Path, by: By) -> list[Summary]:
    with pa.OSFile(str(days)) as file, pa.ipc.open_stream(file) as reader, duckdb.connect() as connection:
        connection.register("windows", reader)
        select = _SELECT.format(period=_PERIOD[by], sums=_SUMS)
        return [_summary(row) for row in connection.execute(select, {"summed": list(DAILY_INDICES)}).fetchall()]


def _summary(row: Sequence[Any]) -> Summary:
    period, *rest = row
    name = period.split("-")
    return Summary(period if len(name) < 3 else f"{name[0]}-{name[2]}", *rest)  # noqa: PLR2004  # the number sorts seasons
