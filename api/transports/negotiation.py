"""What a client takes: which content type to answer with, whether events will do, and how a request is refused."""

from functools import lru_cache
from typing import Final

RESPONSE: Final = "application/graphql-response+json"
JSON: Final = "application/json"
EVENTS: Final = "text/event-stream"
_RANGES: Final = {RESPONSE: (RESPONSE, "application/*", "*/*"), JSON: (JSON, "application/*", "*/*")}

_KNOWN: Final = 256
"""Headers that were read before: clients send the same again and again."""


@lru_cache(_KNOWN)
def answer_type(accept: str | None) -> str | None:
    """The type to answer with; None where the client takes neither. Plain JSON for whoever does not name the other."""
    wishes = _wishes(accept)
    weights = {kind: next((wishes[name] for name in names if name in wishes), 0.0) for kind, names in _RANGES.items()}
    best = RESPONSE if RESPONSE in wishes and weights[RESPONSE] >= weights[JSON] else JSON
    return best if weights[best] > 0 else None


@lru_cache(_KNOWN)
def takes_events(accept: str | None) -> bool:
    """Whether the client names server-sent events among what it takes."""
    return _wishes(accept).get(EVENTS, 0.0) > 0


def refused_status(content_type: str) -> int:
    """Plain JSON may come from anywhere on the way, so with it a status other than 200 would say too much."""
    return 400 if content_type == RESPONSE else 200


def is_json(content_type: str) -> bool:
    """Whether a body so labelled is JSON, and UTF-8 where it says."""
    return kind_of_text(content_type) == JSON


@lru_cache(_KNOWN)
def kind_of_text(content_type: str) -> str | None:
    """The media type of a body so labelled; None where it says that it is not in UTF-8, which nobody here reads."""
    kind, _, parameters = content_type.lower().partition(";")
    charset = next((value for name, _, value in map(_parameter, parameters.split(";")) if name == "charset"), "utf-8")
    return kind.strip() if charset in {"utf-8", "utf8"} else None


def _parameter(text: str) -> tuple[str, str, str]:
    name, equals, value = text.partition("=")
    return name.strip(), equals, value.strip().strip('"')


def _wishes(accept: str | None) -> dict[str, float]:
    return dict(_wish(part) for part in (accept or "*/*").split(","))


def _wish(part: str) -> tuple[str, float]:
    kind, *parameters = part.lower().split(";")
    quality = next((value for name, _, value in map(_parameter, parameters) if name == "q"), "1")
    try:
        return kind.strip(), float(quality)
    except ValueError:
        return kind.strip(), 0.0
