"""Decisions about what a device is, where it is, and how it is spoken to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from domain.decisions import Decision, Refusal, Refused, id_problem, text_problem
from domain.declarations import declaration_problem
from domain.gates import AHEAD_TOLERANCE
from schema.complaints import quoted
from schema.events import DeviceMetadata
from schema.ids import is_valid_id

MAX_LOCATION_PARTS: Final = 8


def register_device(current: DeviceMetadata | None, device_id: str, changes: Mapping[str, Any], now: datetime) -> Decision:
    """Register a device, or change what is known of it; fields that `changes` does not name stay, None clears a text.

    A new location counts from now on, unless the same change says since when.
    """
    before = current or DeviceMetadata(device_id=device_id)
    wanted = msgspec.structs.replace(before, **changes)
    if wanted.location != before.location and "located_since" not in changes:
        wanted = msgspec.structs.replace(wanted, located_since=None)
    problem = id_problem("deviceId", device_id) or _location_problem(wanted.location) or _since_problem(wanted, now)
    for name, text in changes.items():
        problem = problem or (text_problem(name, text) if isinstance(text, str) else None)
    problem = problem or declaration_problem(wanted)
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


def _location_problem(location: str | None) -> str | None:
    if location is None:
        return None
    parts = location.split("/")
    if len(parts) <= MAX_LOCATION_PARTS and all(is_valid_id(part) for part in parts):
        return None
    return (
        f"location must be a path of ids such as 'site/house/zone', at most {MAX_LOCATION_PARTS} deep; "
        f"{quoted(location)} is not"
    )
