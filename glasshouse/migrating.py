"""Recording the versions of event types: which ones this log has been read by, and what of it reads otherwise since.

Nothing that is in the log changes: events of an older version are lifted whenever they are read.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from adapters.event_log.port import EventLog
from api.services import utc_now
from api.writes import Writer
from domain.decisions import Decision
from schema.envelope import Filter, decode_metadata
from schema.events import Event
from schema.registry import REGISTRY, EventType, Registry
from schema.versions import SchemaVersion

_ACTOR = "command line"


class Migrated(msgspec.Struct, frozen=True, rename="camel"):
    """What became of one event type. `before` is the version that was recorded, None if none was; `lifted` counts the events of
    an older version that the log holds: they read as if they were of this one.
    """

    type: str
    version: int
    before: int | None
    recorded: bool
    lifted: int


async def migrate(
    log: EventLog, names: Sequence[str] = (), *, registry: Registry = REGISTRY, clock: Callable[[], datetime] = utc_now
) -> list[Migrated]:
    """Record the current version of these types, or of all, where it is not recorded yet. KeyError for an unknown type."""
    kinds = [registry.types[name] for name in names or sorted(registry.types)]
    return [await _migrate(log, kind, clock) for kind in kinds]


async def _migrate(log: EventLog, kind: EventType, clock: Callable[[], datetime]) -> Migrated:
    told: list[int | None] = []

    def decide(events: Sequence[Event]) -> Decision:
        known = [event.version for event in events if isinstance(event, SchemaVersion)]
        told.append(max(known, default=None))
        if known and max(known) >= kind.version:
            return []
        return [SchemaVersion(event_type=kind.name, version=kind.version, migrated_at=clock())]

    await Writer(log, clock).change(f"schema-{kind.name}", _ACTOR, decide)
    before = told[-1]
    is_new = before is None or before < kind.version
    lifted = await _older(log, kind) if is_new and kind.upcasters else 0
    return Migrated(kind.name, kind.version, before, is_new, lifted)


async def _older(log: EventLog, kind: EventType) -> int:
    """How many events of older versions there are."""
    count = 0
    async for page in log.read_all(None, only=Filter(types=frozenset({kind.name}))):
        count += sum(decode_metadata(event.metadata).schema_version < kind.version for event in page.events)
    return count
