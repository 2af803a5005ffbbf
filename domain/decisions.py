"""Decisions about sites and devices: what is so, and what is wanted, to the events that follow, or a refusal.

Each is asked with the state folded from its own stream, and asked again when that stream moved meanwhile.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from domain.gates import AHEAD_TOLERANCE
from schema.events import DeviceMetadata, Event, SiteDefined
from schema.ids import is_valid_id

MAX_TEXT: Final = 200
"""The longest name, type, model or firmware version, in characters."""
MAX_LOCATION_PARTS: Final = 8


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


def register_device(
    current: DeviceMetadata | None, device_id: str, changes: Mapping[str, str | datetime | None], now: datetime
) -> Decision:
    """Register a device, or change what is known of it; fields that `changes` does not name stay, None clears one.

    A new location counts from now on, unless the same change says since when.
    """
    before = current or DeviceMetadata(device_id=device_id)
    wanted = msgspec.structs.replace(before, **changes)
    if wanted.location != before.location and "located_since" not in changes:
        wanted = msgspec.structs.replace(wanted, located_since=None)
    problem = id_problem("deviceId", device_id) or _location_problem(wanted.location) or _since_problem(wanted, now)
    for name, text in changes.items():
        problem = problem or (text_problem(name, text) if isinstance(text, str) else None)
    if problem is not None:
        return Refused(Refusal.INVALID, problem)
    return [] if wanted == current else [wanted]


def _since_problem(wanted: DeviceMetadata, now: datetime) -> str | None:
    if wanted.located_since is None:
        return None
    if wanted.location is None:
        return "locatedSince says from when a location counts, and there is none"
    if wanted.located_since > now + AHEAD_TOLERANCE:
        return "locatedSince lies in the future: say where the device is once it is there"
    return None


def id_problem(name: str, text: str) -> str | None:
    if is_valid_id(text):
        return None
    return f"{name} must be 1 to 64 letters, digits, '_', '.' or '-', the first a letter or digit; {text[:80]!r} is not"


def _location_problem(location: str | None) -> str | None:
    if location is None:
        return None
    parts = location.split("/")
    if len(parts) <= MAX_LOCATION_PARTS and all(is_valid_id(part) for part in parts):
        return None
    return (
        f"location must be a path of ids such as 'site/house/zone', at most {MAX_LOCATION_PARTS} deep; {location[:80]!r} is not"
    )


def text_problem(name: str, text: str | None, longest: int = MAX_TEXT) -> str | None:
    if text is None:
        return None
    if not 0 < len(text.strip()) <= longest or not text.isprintable():
        return f"{name} must be 1 to {longest} printable characters"
    return None
