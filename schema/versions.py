"""Versions: of an event type, and of a read model."""

from typing import Any

import msgspec

from schema.actuators import Id
from schema.events import Event, UtcTime


class SchemaVersion(Event, frozen=True, kw_only=True):
    """A migration of an event type ran."""

    event_type: str
    version: int
    migrated_at: UtcTime


class ProjectionBegun(Event, frozen=True, kw_only=True):
    """A version of a read model is being filled, by these rules. It does not serve yet, unless it is the first."""

    projection: Id
    version: int
    rules: dict[str, Any]


class ProjectionSwitched(Event, frozen=True, kw_only=True):
    """A version of a read model serves from now on. What it held at `cursor`, when it was compared, is {part: digest}."""

    projection: Id
    version: int
    rules: dict[str, Any]
    cursor: str
    digests: dict[str, str] = msgspec.field(default_factory=dict)
