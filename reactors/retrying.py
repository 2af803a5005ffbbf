"""When what failed is tried again, and what is not tried any more."""

from datetime import datetime, timedelta
from random import uniform
from typing import Final

_FIRST_SECONDS: Final = 5.0
_MOST_SECONDS: Final = 1800.0
_DOUBLINGS: Final = 20
LIMIT: Final = timedelta(hours=24)
"""What nobody took for so long is news no more."""


def retry_at(now: datetime, attempts: int, retry_after: float | None) -> datetime:
    """After 5 s, 10 s, 20 s and so on up to half an hour, a little less by chance; no sooner than the target asks for."""
    most = min(_FIRST_SECONDS * 2 ** min(attempts - 1, _DOUBLINGS), _MOST_SECONDS)
    seconds = max(uniform(most / 2, most), retry_after or 0.0)  # noqa: S311  # spreads load, keeps no secret
    return now + timedelta(seconds=seconds)
