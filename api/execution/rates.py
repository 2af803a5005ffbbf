"""How much a key may ask for over time: a bucket of cost, or of items, which fills steadily and holds some seconds' worth."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from api.errors import ApiError, ErrorCode

_KEPT: Final = 10_000
"""Keys that are remembered; of more, the one that asked longest ago begins anew."""
_ROUNDING: Final = 1e-6
"""Seconds; by less than that sums of them may be wrong."""


class Rates:
    """`per_second` is what each key may spend, None for no limit; what it did not spend adds up for `seconds`.

    Whoever has anything left may go on, and into debt: so what is dearer than a full bucket can be asked for too, after a rest.
    """

    def __init__(
        self, per_second: float | None, seconds: float, clock: Callable[[], float] = time.monotonic, what: str = "cost"
    ) -> None:
        self._what = what
        self._per_second = per_second
        self._seconds = seconds
        self._clock = clock
        self._spent_until: OrderedDict[str, float] = OrderedDict()

    def spend(self, key_id: str, cost: int) -> None:
        """ApiError LIMIT_EXCEEDED where nothing is left; it says after how many seconds there will be."""
        if self._per_second is None:
            return
        now = self._clock()
        spent_until = max(self._spent_until.get(key_id, -math.inf), now - self._seconds)
        if spent_until >= now:
            retry_after = math.floor(spent_until - now + _ROUNDING) + 1
            raise ApiError(
                ErrorCode.LIMIT_EXCEEDED,
                f"the key has overdrawn its {self._what} of {self._per_second} per second; it may go on in {retry_after} s",
                limit=f"{self._what} per second of one key",
                allowed=self._per_second,
                asked=cost,
                retryAfter=retry_after,
            )
        self._spent_until[key_id] = spent_until + cost / self._per_second
        self._spent_until.move_to_end(key_id)
        if len(self._spent_until) > _KEPT:
            self._spent_until.popitem(last=False)
