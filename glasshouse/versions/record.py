"""What the log says of versions: the stream `projection-<name>`, which every process, restart and backup goes by."""

from collections.abc import Sequence

from adapters.event_log.port import EventLog
from api.services import utc_now
from api.writes import Writer
from domain.decisions import Decision
from domain.versions import FIRST, Rules, Version, Versions, fold_versions, next_candidate
from schema.envelope import Cursor
from schema.events import Event
from schema.registry import REGISTRY
from schema.versions import ProjectionBegun, ProjectionSwitched

_PAGE = 500


async def versions_of(log: EventLog, name: str) -> Versions:
    """The versions of a read model, as the log has them."""
    events: list[Event] = []
    revision = 0
    while page := await log.read_stream(_stream(name), start=revision, limit=_PAGE):
        events += (REGISTRY.unpack(recorded) for recorded in page if recorded.type in REGISTRY.types)
        revision = page[-1].revision + 1
    return fold_versions(events)


class Record:
    """Writes what becomes of versions. Of several who write at once, each sees what the others wrote."""

    def __init__(self, log: EventLog) -> None:
        self._writer = Writer(log, utc_now)

    async def first(self, name: str, rules: Rules, actor: str) -> Versions:
        """The versions; where nothing is said of any, the first is said to be made by these rules."""

        def decide(events: Sequence[Event]) -> Decision:
            return [] if events else [ProjectionBegun(projection=name, version=FIRST, rules=dict(rules))]

        return fold_versions((await self._writer.change(_stream(name), actor, decide)).events)

    async def begin(self, name: str, rules: Rules, actor: str, *, anew: bool) -> tuple[Version, bool]:
        """The version to fill by these rules, and whether one that was begun before goes on."""
        found: list[tuple[Version, bool]] = []

        def decide(events: Sequence[Event]) -> Decision:
            version, resumed = next_candidate(fold_versions(events), rules, anew=anew)
            found.append((version, resumed))
            return [] if resumed else [ProjectionBegun(projection=name, version=version.number, rules=dict(rules))]

        await self._writer.change(_stream(name), actor, decide)
        return found[-1]

    async def switch(self, name: str, version: Version, cursor: Cursor, digests: dict[str, str], actor: str) -> Versions:
        """That version serves from now on."""
        switched = ProjectionSwitched(
            projection=name,
            version=version.number,
            rules=dict(version.rules or {}),
            cursor=cursor.encode(),
            digests=digests,
        )
        change = await self._writer.change(_stream(name), actor, lambda _: [switched])
        return fold_versions(change.events)


def _stream(name: str) -> str:
    return f"projection-{name}"
