"""Reading JSON without mercy at the price of the typed decoder: only a message that looks odd is looked at twice.

The typed decoder lets a repeated key pass, and bytes that are no UTF-8 in what it skips; it cannot read the NaN that Python
writes. The first two leave more quotes in a payload than what was read of it accounts for, the last is an error: such a
payload is parsed again.
"""

import json
import math
from typing import Any, Final, NoReturn, Protocol, TypeVar

import msgspec

from ingest.facts import Code, UnreadableError
from schema.complaints import reason_and_place

_LONGEST_INT: Final = 19
"""Digits of an integer that still fits 64 bits; a longer one can only be read as a float."""
_DECODER_ERRORS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Shape(Protocol):
    """A payload's type."""

    def quotes(self) -> int:
        """How many quotes a payload has that says this and no more."""
        ...


ShapeT = TypeVar("ShapeT", bound=Shape)


def read_object(decoder: msgspec.json.Decoder[ShapeT], payload: bytes) -> ShapeT:
    """The payload as its type; UnreadableError with the reason. NaN reads as null."""
    try:
        value = decoder.decode(payload)
    except _DECODER_ERRORS as error:
        return _read_again(decoder, payload, error)
    if payload.count(b'"') != value.quotes():
        _parse(payload)
    return value


def read_list(payload: bytes) -> list[bytes]:
    """The items of a JSON list, each as its own bytes; UnreadableError with the reason."""
    try:
        return [bytes(item) for item in _list_decoder.decode(payload)]
    except _DECODER_ERRORS as error:
        return [bytes(item) for item in _read_again(_list_decoder, payload, error)]


def read_mapping(payload: bytes) -> dict[str, Any]:
    """A JSON object of which no type is known, as plain values; UnreadableError with the reason. NaN reads as None."""
    value = _parse(payload)
    if not isinstance(value, dict):
        raise UnreadableError(Code.WRONG_TYPE, "the payload is not a JSON object")
    return value


_list_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_AnyT = TypeVar("_AnyT")


def _read_again(decoder: msgspec.json.Decoder[_AnyT], payload: bytes, error: Exception) -> _AnyT:
    """Say what is wrong with a payload, or read it after all where all that is wrong is a NaN."""
    tree = _parse(payload)
    try:
        return decoder.decode(msgspec.json.encode(tree))
    except (*_DECODER_ERRORS, UnicodeEncodeError) as again:
        _explain(tree, again if isinstance(again, msgspec.ValidationError) else error)


def _parse(payload: bytes) -> Any:
    """The payload as plain values, NaN as None; UnreadableError where it is not JSON as it should be."""
    if not payload.strip():
        raise UnreadableError(Code.EMPTY, "the payload is empty")
    try:
        return json.loads(
            payload.decode(),
            object_pairs_hook=_object,
            parse_float=_number,
            parse_int=lambda text: int(text) if len(text) <= _LONGEST_INT else _number(text),
            parse_constant=_constant,
        )
    except UnicodeDecodeError as error:
        raise UnreadableError(Code.NOT_UTF8, f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise UnreadableError(Code.MALFORMED_JSON, f"not JSON: {error}") from None
    except RecursionError:
        raise UnreadableError(Code.TOO_DEEP, "the JSON is nested too deep") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(pairs)
    if len(built) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise UnreadableError(Code.DUPLICATE_KEY, f"the key {twice[:80]!r} stands twice in one object")
    return built


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise UnreadableError(Code.NOT_FINITE, f"{text[:40]} is too large for a number")
    return value


def _constant(text: str) -> None:
    if text != "NaN":
        raise UnreadableError(Code.NOT_FINITE, f"{text} is not a number that can be stored")


def _explain(tree: Any, error: Exception) -> NoReturn:
    """Turn the typed decoder's complaint into a code and plain words."""
    if not isinstance(error, msgspec.ValidationError):
        raise UnreadableError(Code.MALFORMED_JSON, f"not JSON: {error}") from None
    what, path = reason_and_place(error)
    raise UnreadableError(_code(what, path), _plain(tree, what, path)) from None


def _code(what: str, path: str) -> Code:
    if "timezone" in what:
        return Code.TIME_WITHOUT_OFFSET
    if path in ("timestamp", "sentAt"):
        return Code.BAD_TIME
    if "missing required field" in what:
        return Code.MISSING_FIELD
    return Code.WRONG_TYPE if what.startswith("Expected") else Code.BAD_VALUE


def _plain(tree: Any, what: str, path: str) -> str:
    if path == "reading[...]":
        odd = ((name, value) for name, value in tree["reading"].items() if not _is_number(value))
        name, value = next(odd, ("a metric", "this"))
        shown = "a list or an object" if isinstance(value, list | dict) else json.dumps(value)[:80]
        return f"{name[:80]} is {shown}, not a number"
    return f"{path or 'the payload'}: {what[:1].lower()}{what[1:]}"


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
