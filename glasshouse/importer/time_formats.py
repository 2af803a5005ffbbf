"""Reading local times in the formats that a mapping names."""

# ruff: noqa: DTZ001, DTZ007 - a wall clock is naive: the mapping's clock gives the offset

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

_NUMBERS: Final = {"%Y": "year", "%m": "month", "%d": "day", "%H": "hour", "%M": "minute", "%S": "second"}
_DIGITS: Final = (r"\d{1,2}", r"\d{4}")
_SAMPLE: Final = datetime(2001, 2, 3, 4, 5, 6)

ParseTime = Callable[[str], datetime]
"""The text of a cell -> local time; ValueError where it is none."""


def time_parser(formats: Sequence[str]) -> ParseTime:
    """A reader of local times written in one of these formats; ValueError for a format that does not tell a date."""
    parsers = [_parser(text) for text in formats]
    if len(parsers) == 1:
        return parsers[0]

    def parse(text: str) -> datetime:
        for parser in parsers[:-1]:
            try:
                return parser(text)
            except ValueError:
                continue
        return parsers[-1](text)

    return parse


def _parser(text: str) -> ParseTime:
    try:
        tells_date = datetime.strptime(_SAMPLE.strftime(text), text).date() == _SAMPLE.date()
    except ValueError as error:
        if "%z" not in text.lower():
            raise ValueError(f"{text!r} is not a time format: {error}") from error
        tells_date = False
    if not tells_date:
        raise ValueError(f"the time format {text!r} must tell year, month and day, and no offset: the clock has that")
    return _fast(text) or (lambda cell: datetime.strptime(cell, text))


def _fast(text: str) -> ParseTime | None:
    """`strptime` takes 7 us a row; where a format is plain numbers from the year down without a gap, 1 us is enough."""
    directives = re.findall("%.", text)
    order = [name for directive, name in _NUMBERS.items() if directive in directives]
    if len(order) != len(directives) or order != list(_NUMBERS.values())[: len(order)]:
        return None
    pattern = re.sub("%(.)", lambda found: f"(?P<{_NUMBERS[found[0]]}>{_DIGITS[found[0] == '%Y']})", re.escape(text))
    match = re.compile(pattern, re.ASCII).fullmatch

    def parse(text: str) -> datetime:
        found = match(text)
        if found is None:
            raise ValueError(text)
        return datetime(*map(int, found.group(*order)))  # type: ignore[arg-type]  # numbers down to the second, never the zone

    return parse
