"""What a correction would change, worked out over columns before anybody decides it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from domain.columns import Bools, Float64, Int64
from domain.corrections import Correction, corrected
from domain.gates import implausible

SAMPLE: Final = 20
"""Changed readings that are shown, spread evenly over all of them."""


class Stretch(msgspec.Struct, frozen=True):
    """Readings of one metric, of series after series: series `s` is rows `starts[s]:starts[s + 1]`, in order of time.

    `said_bad` is where the device itself calls its value bad.
    """

    metric: str
    starts: Int64
    times: Int64
    values: Float64
    said_bad: Bools


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


CorrectionsOf = Mapping[int, Sequence[Correction]]
"""By the number of the series."""


def preview(stretch: Stretch, now: CorrectionsOf, then: CorrectionsOf) -> Preview:
    """The difference between the corrections that stand and those that would."""
    values, bad = _judged(stretch, now)
    new_values, new_bad = _judged(stretch, then)
    rows = np.flatnonzero((values != new_values) | (bad != new_bad))
    times = stretch.times[rows]
    return Preview(
        readings=len(values),
        changed=len(rows),
        healed=int(np.count_nonzero(bad & ~new_bad)),
        spoiled=int(np.count_nonzero(~bad & new_bad)),
        first_us=int(times.min()) if len(rows) else None,
        last_us=int(times.max()) if len(rows) else None,
        before=_figures(values[~bad]),
        after=_figures(new_values[~new_bad]),
        sample=[int(row) for row in _spread(rows)],
    )


def _judged(stretch: Stretch, corrections: CorrectionsOf) -> tuple[Float64, Bools]:
    """The values as they count, and which are bad. What looks at neighbours in event time would belong here."""
    now = corrected(stretch.times, stretch.values, stretch.starts, corrections)
    return now.values, now.excluded | implausible(stretch.metric, now.values) | (stretch.said_bad & ~now.replaced)


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
