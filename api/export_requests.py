"""What an export is asked for with: names and values, the same in a query string and on the command line."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

import msgspec

from api.errors import ApiError, ErrorCode
from api.scalars import parse_duration, parse_time
from api.window_length import check_length
from projections.export_wanted import Wanted

What = Literal["readings", "windows"]
Format = Literal["csv", "parquet", "arrow"]
MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
_SINGLE: Final = frozenset({"what", "format", "from", "to", "window", "calendar", "original"})
_MANY: Final = frozenset({"device", "metric"})


class Export(msgspec.Struct, frozen=True):
    """What was asked for."""

    wanted: Wanted
    format: Format


def parse_export(pairs: Sequence[tuple[str, str]]) -> Export:
    """From names and values, as in a query string; ApiError INVALID_INPUT where they cannot be understood."""
    given = dict(pairs)
    for name, _ in pairs:
        if name not in _SINGLE | _MANY:
            raise _wrong(f"{name} is not known; there are {', '.join(sorted(_SINGLE | _MANY))}")
    if twice := _SINGLE & {name for name, times in Counter(name for name, _ in pairs).items() if times > 1}:
        raise _wrong(f"{min(twice)} is given more than once; only {' and '.join(sorted(_MANY))} may be")
    windows = _one_of(given, "what", get_args(What)) == "windows"
    if "window" in given and not windows:
        raise _wrong("window says how long windows are, and these are readings: leave it out, or ask for windows")
    window = _window(given.get("window", "PT1H")) if windows else None
    start, end = _moment(given, "from"), _moment(given, "to")
    if start is not None and end is not None and start >= end:
        raise _wrong("from must lie before to")
    wanted = Wanted(
        start=start,
        end=end,
        devices=tuple(dict.fromkeys(value for name, value in pairs if name == "device")),
        metrics=tuple(dict.fromkeys(value for name, value in pairs if name == "metric")),
        original=_one_of(given, "original", ("false", "true")) == "true",
        window=window,
        site_days=_one_of(given, "calendar", ("utc", "site")) == "site",
    )
    if wanted.site_days and window != timedelta(days=1):
        raise _wrong("by the calendar of the site the window must be P1D; others are in UTC")
    return Export(wanted, _one_of(given, "format", get_args(Format)))  # type: ignore[arg-type]  # it is one of them


def _one_of(given: Mapping[str, str], name: str, allowed: Sequence[str]) -> str:
    value = given.get(name, allowed[0])
    if value not in allowed:
        raise _wrong(f"{name} is one of {', '.join(allowed)}, and not {value[:64]!r}")
    return value


def _moment(given: Mapping[str, str], name: str) -> datetime | None:
    if name not in given:
        return None
    return parse_time(given[name])


def _window(text: str) -> timedelta:
    window = parse_duration(text)
    check_length(window)
    return window


def _wrong(message: str) -> ApiError:
    return ApiError(ErrorCode.INVALID_INPUT, message)
