"""Raw rows as they count: what the corrections and the rules make of them."""

from collections.abc import Sequence

import msgspec
import numpy as np

from adapters.history.port import SeriesKey
from domain.columns import Bools, Float64, Int8, Int64
from domain.quality import Runs
from domain.rows import Columns
from projections.shown import VERDICTS
from projections.stretches import Stretch


class Judged(msgspec.Struct, frozen=True):
    """Rows of stretches of sensors, judged: `values` corrected, `reasons` what a rule found, `quality` the worst said.

    Each part of each stretch is a series; `groups` says of which stretch. `last` are the corrections that touched each row
    last, as places among those of its series. See `Gathered` for `newest` and `carried`.
    """

    stretches: Sequence[Stretch]
    newest: Bools
    keys: Sequence[SeriesKey]
    groups: Int64
    carried: Runs
    raw: Columns
    values: Float64
    reasons: Int8
    quality: Int8
    excluded: Bools
    last: Int64

    def verdicts(self, rows: Int64) -> Int8:
        """The places in `VERDICTS` of what speaks against these rows."""
        return np.where(self.excluded[rows], len(VERDICTS) - 1, self.reasons[rows]).astype(np.int8)


class Counted(msgspec.Struct, frozen=True):
    """Rows as they count, those of indices among them, of the series `keys`, by (series, time).

    `groups` says of each series whose it is, `rows` of each row which raw one it is: that of an index is the row of
    its first input.
    """

    keys: Sequence[SeriesKey]
    groups: Int64
    series: Int64
    times: Int64
    values: Float64
    quality: Int8
    rows: Int64
