"""What every dialect holds to: the names it may give, the times it may state, the units it may use."""

from datetime import UTC, datetime
from functools import lru_cache

from ingest.facts import Code, UnreadableError
from ingest.limits import NAME_LENGTH, TEXT_LENGTH
from schema.ids import is_valid_id
from schema.metrics import Unit, UnknownUnitError, conversion
from schema.times import from_micros

_is_valid_id = lru_cache(maxsize=16_384)(is_valid_id)
_conversion = lru_cache(maxsize=1_024)(conversion)


def checked_id(text: str, what: str) -> str:
    """The id, if it can name a sensor or an actuator."""
    if len(text) > NAME_LENGTH or not _is_valid_id(text):
        raise UnreadableError(Code.ID_NOT_ALLOWED, f"{text[:80]!r} cannot name {what}")
    return text


def checked_name(text: str, what: str, longest: int = NAME_LENGTH) -> str:
    """A name that others gave: anything that can be seen and is not too long."""
    if not 0 < len(text) <= longest or not text.isprintable() or text[0] == " " or text[-1] == " ":
        raise UnreadableError(Code.ID_NOT_ALLOWED, f"{text[:80]!r} cannot be {what}")
    return text


def checked_text(text: str | None, what: str) -> str | None:
    """Free text, not too long."""
    if text is not None and len(text) > TEXT_LENGTH:
        raise UnreadableError(Code.BAD_VALUE, f"{what} has {len(text)} characters, more than {TEXT_LENGTH}")
    return text


def utc_time(value: datetime | float, what: str) -> datetime:
    """The time in UTC of a time with an offset, or of milliseconds since the epoch."""
    try:
        if not isinstance(value, datetime):
            return from_micros(round(value * 1000))
        return value if value.tzinfo is UTC else value.astimezone(UTC)
    except OverflowError:
        raise UnreadableError(Code.BAD_TIME, f"{what} {value} lies outside of the years 1 to 9999") from None


def unit_of(metric: str, unit: str) -> Unit:
    """How a value of the metric in that unit becomes canonical."""
    try:
        return _conversion(metric, checked_name(unit, "a unit"))
    except UnknownUnitError as error:
        raise UnreadableError(Code.UNKNOWN_UNIT, str(error)) from None
