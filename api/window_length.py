"""How long windows may be, wherever they are asked for."""

from datetime import timedelta
from typing import Final

from api.errors import ApiError, ErrorCode

MINUTE: Final = timedelta(minutes=1)
_SHORTEST: Final = timedelta(seconds=1)
LONGEST: Final = timedelta(days=36_525)
"""A hundred years: their ends stay within what a calendar and 64 bits hold."""


def check_length(window: timedelta) -> None:
    """ApiError INVALID_INPUT where windows of that length are not made."""
    if window < _SHORTEST:
        raise ApiError(ErrorCode.INVALID_INPUT, "window must be at least PT1S")
    if window > LONGEST:
        raise ApiError(ErrorCode.INVALID_INPUT, f"window must be at most P{LONGEST.days}D")
    if window > MINUTE and window % MINUTE:
        raise ApiError(ErrorCode.INVALID_INPUT, "window must be whole minutes, or shorter than one")
