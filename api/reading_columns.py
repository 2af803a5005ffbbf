"""Questions for raw readings as columns."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from adapters.history.port import SeriesKey
from api.errors import ApiError, ErrorCode, limit_error
from api.history import read_up_to, shared
from api.limits import Limits
from api.scalars import CursorText
from api.services import Services
from api.types.reading_columns import ReadingColumns
from api.types.reading_columns import reading_columns as columns_of
from api.types.series import SeriesSelector
from api.windows import check_selectors, unit_of, zones
from projections.judging import Judge
from projections.reading_columns import ColumnReader
from projections.remade import Remade
from schema.times import to_micros


class Wanted(msgspec.Struct, frozen=True):
    """Of each series the first `most` readings in [start, end), so that all together are no more than one answer holds."""

    selectors: Sequence[SeriesSelector]
    start: datetime
    end: datetime
    most: int


def wanted_columns(
    limits: Limits, selectors: Sequence[SeriesSelector], start: datetime, end: datetime, most: int | None
) -> Wanted:
    """What is asked for; ApiError where one answer cannot hold it."""
    check_selectors(limits, selectors)
    if start >= end:
        raise ApiError(ErrorCode.INVALID_INPUT, "from must lie before to")
    each = limits.column_rows // len(selectors) if most is None else most
    if each < 1:
        raise ApiError(ErrorCode.INVALID_INPUT, f"limit must be at least 1; got {each}")
    if each * len(selectors) > limits.column_rows:
        raise limit_error("readings in columns", limits.column_rows, each * len(selectors))
    return Wanted(selectors, start, end, each)


async def reading_columns(services: Services, wanted: Wanted) -> list[ReadingColumns]:
    """The columns of each series, in the order asked."""
    history, judge = shared(services), Judge(services.rules.quality, services.decisions)
    keys = [SeriesKey(one.device_id, one.sensor_id, one.metric) for one in wanted.selectors]
    start_us, end_us = to_micros(wanted.start), to_micros(wanted.end)
    for device in dict.fromkeys(key.device for key in keys):
        if services.sees(device):
            history.horizon.require(device, start_us, end_us)
    live = CursorText((await read_up_to(services)).encode())
    reader = ColumnReader(history, judge, Remade(history, judge, zones(services)))
    found = await reader.read(keys, start_us, end_us, wanted.most)
    unit = unit_of(services)
    columns = [columns_of(key, unit(key), read, live) for key, read in zip(keys, found, strict=True)]
    _require_room(services.limits, columns)
    return columns


def _require_room(limits: Limits, columns: Sequence[ReadingColumns]) -> None:
    """Readings of one instant are not told apart: where a device's clock stands still they may be too many."""
    rows = sum(len(one.read.times) for one in columns)
    if rows > limits.column_rows:
        raise limit_error("readings in columns", limits.column_rows, f"{rows} of one instant among them")
