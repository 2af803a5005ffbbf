"""What a correction would change, worked out over columns before anybody decides it."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from domain.columns import Bools, Float64, Int64

SAMPLE: Final = 20
"""Changed readings that are shown, spread evenly over all of them."""


class Worth(msgspec.Struct, frozen=True):
    """What readings count for under some corrections: their values, and which are left out as bad."""

    values: Float64
    bad: Bools


class Figures(msgspec.Struct, frozen=True):
    """Of the values that are not bad; None where all are."""

    count: int
    min: float | None
    mean: float | None
    max: float | None


class Preview(msgspec.Struct, frozen=True):
    """`readings` are looked at, `changed` would have another value or another verdict.

    Of these are the first, the last, and the `sample` of rows.
    """

    readings: int
    changed: int
    healed: int
    spoiled: int
    first_us: int | None
    last_us: int | None
    before: Figures
    after: Figures
    sample: Sequence[int]


def preview(times: Int64, now: Worth, then: Worth) -> Preview:
    """The difference between what readings count for now, and what they would."""
    rows = np.flatnonzero((now.values != then.values) | (now.bad != then.bad))
    changed = times[rows]
    return Preview(
        readings=len(times),
        changed=len(rows),
        healed=int(np.count_nonzero(now.bad & ~then.bad)),
        spoiled=int(np.count_nonzero(~now.bad & then.bad)),
        first_us=int(changed.min()) if len(rows) else None,
        last_us=int(changed.max()) if len(rows) else None,
        before=_figures(now.values[~now.bad]),
        after=_figures(then.values[~then.bad]),
        sample=[int(row) for row in _spread(rows)],
    )


def _figures(values: Float64) -> Figures:
    if not len(values):
        return Figures(0, None, None, None)
    with np.errstate(over="ignore"):
        return Figures(len(values), float(values.min()), float(values.mean()), float(values.max()))


def _spread(rows: Int64) -> Int64:
    if len(rows) <= SAMPLE:
        return rows
    spread: Int64 = rows[np.linspace(0, len(rows) - 1, SAMPLE).astype(np.int64)]
    return spread
