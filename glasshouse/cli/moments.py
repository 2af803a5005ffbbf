"""Times as somebody types them: a date, which begins at midnight UTC, or a moment with its offset."""

from datetime import UTC, date, datetime, time
from typing import Final

from glasshouse.errors import SettingsError
from schema.times import format_time

_WAYS: Final = "write a date, such as 2026-11-29 (from midnight UTC on), or a moment, such as 2026-11-29T07:00:00Z"


def moment(option: str, text: str) -> str:
    """RFC 3339, as the API takes it. SettingsError where it names no moment."""
    try:
        return format_time(_read(text))
    except (ValueError, OverflowError):
        raise SettingsError(f"{option}: {text!r} is no moment; {_WAYS}") from None


def _read(text: str) -> datetime:
    """ValueError where it is none, or could be any hour of a day."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found
