"""Decisions about sites and devices: what is so, and what is wanted, to the events that follow, or a refusal.

Each is asked with the state folded from its own stream, and asked again when that stream moved meanwhile.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from schema.complaints import quoted
from schema.events import DeviceMetadata, Event, SiteDefined
from schema.ids import is_valid_id

MAX_TEXT: Final = 200
"""The longest name, type, model or firmware version, in characters."""


class Refusal(StrEnum):
    """Why a change was refused."""

    INVALID = "invalid"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"


class Refused(msgspec.Struct, frozen=True):
    """Nothing follows, for a reason that the one who asked can read."""

    why: Refusal
    message: str


Decision = Sequence[Event] | Refused
"""The events that follow, in order; none where things are already as wanted."""


def fold_site(events: Sequence[Event]) -> SiteDefined | None:
    """The site as last defined."""
    return next((event for event in reversed(events) if isinstance(event, SiteDefined)), None)


def fold_device(events: Sequence[Event]) -> DeviceMetadata | None:
    """What was last decided about the device: each event states the whole."""
    return next((event for event in reversed(events) if isinstance(event, DeviceMetadata)), None)


def define_site(current: SiteDefined | None, wanted: SiteDefined) -> Decision:
    """Define a site, or change its name or time zone. Whoever asks has checked that the zone exists."""
    problem = id_problem("siteId", wanted.site_id) or text_problem("name", wanted.name)
    if problem is not None:
        return Refused(Refusal.INVALID, problem)
    return [] if wanted == current else [wanted]


def id_problem(name: str, text: str) -> str | None:
    if is_valid_id(text):
        return None
    return f"{name} must be 1 to 64 letters, digits, '_', '.' or '-', the first a letter or digit; {quoted(text)} is not"


def text_problem(name: str, text: str | None, longest: int = MAX_TEXT) -> str | None:
    if text is None:
        return None
    if not 0 < len(text.strip()) <= longest or not text.isprintable():
        return f"{name} must be 1 to {longest} printable characters"
    return None
