"""The scalars of the schema: strict on the way in, one spelling on the way out."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NewType

import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from api.cursors import decode_resume_point
from api.errors import ApiError, ErrorCode
from schema.times import format_time

BigInt = NewType("BigInt", int)
CursorText = NewType("CursorText", str)
StateValue = NewType("StateValue", object)

_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DURATION: Final = re.compile(
    r"P(?:(\d{1,6})W|(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.(\d{1,6}))?S)?)?)", re.ASCII
)
_LARGEST: Final = 2**63
_MOMENTS: Final = 8192
"""Moments whose text is kept: what is asked about now is asked about again and again, and each is said of several values."""


def id_or_none(text: str | None) -> strawberry.ID | None:
    return None if text is None else strawberry.ID(text)


def state_or_none(state: object) -> StateValue | None:
    return None if state is None else StateValue(state)


def parse_time(value: object) -> datetime:
    """RFC 3339 with an offset; a time without one could mean any hour of the day."""
    if not isinstance(value, str) or _RFC3339.fullmatch(value) is None:
        raise _invalid("DateTime", "RFC 3339 with an offset, such as 2026-03-01T12:00:00Z", value)
    try:
        moment = datetime.fromisoformat(value.upper())
        format_time(moment)
    except (ValueError, OverflowError):
        raise _invalid("DateTime", "a moment of the calendar, in the years 1 to 9999", value) from None
    return moment


def parse_day(value: object) -> date:
    """A day of the calendar as RFC 3339 writes it, and in no other of the ways of ISO 8601."""
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        raise _invalid("Date", "a day, such as 2026-03-01", value)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _invalid("Date", "a day of the calendar", value) from None


def parse_duration(value: object) -> timedelta:
    """ISO 8601 in weeks, days, hours, minutes and seconds; months and years have no one length."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or not any(match.groups()):
        raise _invalid("Duration", "ISO 8601 without years and months, such as PT1M", value)
    weeks, days, hours, minutes, seconds, fraction = (part or "0" for part in match.groups())
    micros = int(fraction.ljust(6, "0"))
    try:
        return timedelta(int(days), int(seconds), micros, 0, int(minutes), int(hours), int(weeks))
    except OverflowError:
        raise _invalid("Duration", "a length of time that a calendar can hold", value) from None


def format_duration(length: timedelta) -> str:
    """As people write it, each part smaller than one of the part before: `P1D`, `PT15M`, `PT1M30S`, `P1DT0.5S`."""
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{length.microseconds:06}".rstrip("0") if length.microseconds else ""
    days = f"{length.days}D" if length.days else ""
    rest = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M")) if number)
    rest += f"{seconds}{fraction}S" if seconds or fraction or not (days or rest) else ""
    return f"P{days}T{rest}" if rest else f"P{days}"


def _parse_big_int(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -_LARGEST <= value < _LARGEST:
        raise _invalid("BigInt", "a whole number of 64 bits", value)
    return value


def _parse_cursor(value: object) -> str:
    if not isinstance(value, str):
        raise _invalid("Cursor", "a text that this server gave out", value)
    decode_resume_point(value)
    return value


def _parse_state(value: object) -> object:
    if isinstance(value, str | bool):
        return value
    if not isinstance(value, int | float) or not -_LARGEST <= value <= _LARGEST:
        raise _invalid("StateValue", "a text, a number, true or false", value)
    return float(value)


def _invalid(scalar: str, wanted: str, value: object) -> ApiError:
    return ApiError(ErrorCode.INVALID_INPUT, f"{scalar} must be {wanted}; got {str(value)[:64]!r}")


def _same(value: Any) -> Any:
    return value


def _in_documents(parse: Callable[[object], object]) -> Callable[..., object]:
    """The same for what stands in a document: what is refused is told with its place."""

    def parse_literal(node: ValueNode, variables: Mapping[str, Any] | None = None) -> object:
        try:
            return parse(value_from_ast_untyped(node, dict(variables or {})))
        except ApiError as error:
            raise GraphQLError(error.message, node, extensions=error.extensions) from error

    return parse_literal


def _scalar(
    *, name: str, description: str, serialize: Callable[[Any], object], parse: Callable[[object], object]
) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        serialize=serialize,
        parse_value=parse,
        parse_literal=_in_documents(parse),
    )


SCALARS: Final[dict[object, ScalarDefinition]] = {
    datetime: _scalar(
        name="DateTime",
        description="A moment, RFC 3339. In: with an offset. Out: in UTC with `Z`.",
        serialize=lru_cache(_MOMENTS)(format_time),
        parse=parse_time,
    ),
    date: _scalar(
        name="Date",
        description="A day, RFC 3339: `2026-03-01`.",
        serialize=date.isoformat,
        parse=parse_day,
    ),
    timedelta: _scalar(
        name="Duration",
        description="A length of time, ISO 8601 without years and months: `PT1M`, `P1D`.",
        serialize=format_duration,
        parse=parse_duration,
    ),
    BigInt: _scalar(
        name="BigInt",
        description="A whole number of up to 64 bits, as a JSON number.",
        serialize=_same,
        parse=_parse_big_int,
    ),
    CursorText: _scalar(
        name="Cursor",
        description="A place in the event log. Opaque: only this server's own are taken, and they compare only as equal.",
        serialize=_same,
        parse=_parse_cursor,
    ),
    StateValue: _scalar(
        name="StateValue",
        description="The state of an actuator: a text, a number, true or false.",
        serialize=_same,
        parse=_parse_state,
    ),
}
"""Python type -> the GraphQL scalar that it becomes."""
