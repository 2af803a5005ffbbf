"""What can still be made anew: not what leans on raw rows that are past all retention.

A reading that comes so late is kept as all others are. The windows of its time stay as they were, and that is told.
"""

from collections.abc import Sequence
from typing import Final

import structlog

from adapters.history.port import History, HistoryRow
from domain.windows import Span
from schema.times import DAY_US

_FAR_US: Final = 2 * DAY_US
"""Where shorter windows are no longer kept, whole days of a site are made of raw rows."""


def within_reach(history: History, rows: Sequence[HistoryRow]) -> Sequence[HistoryRow]:
    """The rows whose windows can be made anew."""
    horizon = history.horizon
    whole_from = horizon.whole_from() + _FAR_US
    if not rows or min(row.timestamp_us for row in rows) >= whole_from:
        return rows
    kept = [
        row
        for row in rows
        if row.timestamp_us >= whole_from or _is_open(history, row.device, row.timestamp_us, row.timestamp_us + 1)
    ]
    if left := len(rows) - len(kept):
        structlog.get_logger().warning("readings_beyond_retention", readings=left, windows="stay as they were")
    return kept


def is_within_reach(history: History, device: str, start_us: int, end_us: int) -> bool:
    """Whether the windows of [start, end) can be made anew."""
    if _is_open(history, device, start_us, end_us):
        return True
    structlog.get_logger().warning("correction_beyond_retention", device=device, windows="stay as they were")
    return False


def _is_open(history: History, device: str, start_us: int, end_us: int) -> bool:
    horizon = history.horizon
    is_dropped = any(start_us < horizon.windows_from(span) for span in Span)
    beside = _FAR_US if is_dropped else 0
    return not horizon.rows_gone(device, start_us - beside, end_us + beside)
