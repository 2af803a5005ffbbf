"""What can still be made anew: not what leans on raw rows that are past all retention.

A reading that comes so late is kept as all others are. The windows of its time stay as they were, and that is told.
"""

import numpy as np
import structlog

from adapters.history.horizon import BESIDE_US
from adapters.history.port import History
from domain.raw_rows import RawRows
from domain.windows import Span


def within_reach(history: History, rows: RawRows) -> RawRows:
    """The rows whose windows can be made anew."""
    horizon = history.horizon
    whole_from = horizon.whole_from() + BESIDE_US
    early = rows.times < whole_from
    if not early.any():
        return rows
    kept = ~early
    for number in np.flatnonzero(early).tolist():
        time_us = int(rows.times[number])
        kept[number] = _is_open(history, rows.keys[rows.series[number]][0], time_us, time_us + 1)
    if left := len(rows) - int(kept.sum()):
        structlog.get_logger().warning("readings_beyond_retention", readings=left, windows="stay as they were")
    return rows.only(kept)


def is_within_reach(history: History, device: str, start_us: int, end_us: int) -> bool:
    """Whether the windows of [start, end) can be made anew."""
    if _is_open(history, device, start_us, end_us):
        return True
    structlog.get_logger().warning("correction_beyond_retention", device=device, windows="stay as they were")
    return False


def _is_open(history: History, device: str, start_us: int, end_us: int) -> bool:
    horizon = history.horizon
    is_dropped = any(start_us < horizon.windows_from(span) for span in Span)
    beside = BESIDE_US if is_dropped else 0
    return not horizon.rows_gone(device, start_us - beside, end_us + beside)
