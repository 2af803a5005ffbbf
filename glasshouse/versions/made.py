"""One version of a read model, open in this process: what fills it, and what it holds."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from adapters.event_log.port import EventLog
from adapters.history.content import gone_of
from adapters.history.port import History
from domain.day_digests import DayDigests
from domain.versions import Version
from glasshouse.reading import accounts_at, alerts_at, decisions_at, latest_at
from glasshouse.stores import open_history
from glasshouse.versions.shelf import COMMANDS, HISTORY, LINEAGE, Shelf
from projections.accounts import Accounts
from projections.alerts import Alerts
from projections.commands import Commands
from projections.decision_queries import DecisionQueries
from projections.decisions import Decisions
from projections.engine import Derived
from projections.historical import history_models
from projections.history import whenever_it_likes
from projections.latest import LatestState, SnapshotPolicy
from projections.lineage import Lineage
from projections.read_model import ReadModel
from projections.rules import WindowRules
from projections.windows import Decided

Digests = Mapping[str, DayDigests | str]
"""What a read model holds, part by part: by device and day where it is made of readings."""


Gone = Mapping[str, Collection[int]]
"""Days of UTC, numbers since 1970, by device."""
_NOTHING_GONE: Final[Gone] = {}


class Made(Protocol):
    """A version that is open. Whoever runs its models closes them; `close` is for what lies beneath."""

    @property
    def models(self) -> Sequence[ReadModel]: ...

    @property
    def derived(self) -> Sequence[Derived]: ...

    async def digests(self, taken: Callable[[], None]) -> Digests:
        """What it holds when `taken` is called. Until then it must stand still."""
        ...

    def gone(self, part: str) -> Gone:
        """Of which days of devices that part cannot be made anew, since raw readings are gone."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class Around:
    """What the versions of a process are opened with. `decided` returns once what people decided is known that far."""

    log: EventLog
    shelf: Shelf
    decisions: DecisionQueries
    decided: Decided
    may_write: Callable[[], Awaitable[None]] = whenever_it_likes
    policy: SnapshotPolicy | None = None


class MadeHistory:
    """A history of its own, filled by these rules."""

    def __init__(self, store: History, around: Around, rules: WindowRules) -> None:
        self.store = store
        self.rules = rules
        raw, windows = history_models(store, around.decisions, around.decided, rules=rules, may_write=around.may_write)
        self.models, self.derived = [raw], [windows]

    async def digests(self, taken: Callable[[], None]) -> Digests:
        return await self.store.digests(taken)

    def gone(self, part: str) -> Gone:
        return gone_of(self.store.horizon, part)

    async def close(self) -> None:
        await self.store.close()


class MadeInMemory:
    """A read model in memory, kept in a snapshot of its own."""

    derived: Sequence[Derived] = ()

    def __init__(self, model: LatestState | Decisions | Accounts | Alerts) -> None:
        self.model = model
        self.models = [model]

    async def digests(self, taken: Callable[[], None]) -> Digests:
        found = {self.model.name: self.model.content_hash()}
        taken()
        return found

    def gone(self, part: str) -> Gone:
        del part
        return _NOTHING_GONE

    async def close(self) -> None:
        """Nothing lies beneath."""


class MadeInFile:
    """A read model over a file of its own."""

    derived: Sequence[Derived] = ()

    def __init__(self, model: Lineage | Commands) -> None:
        self.model = model
        self.models = [model]

    async def digests(self, taken: Callable[[], None]) -> Digests:
        found = {self.model.name: await self.model.content_hash()}
        taken()
        return found

    def gone(self, part: str) -> Gone:
        del part
        return _NOTHING_GONE

    async def close(self) -> None:
        """Whoever runs the model closes its file."""


async def open_made(name: str, version: Version, around: Around) -> Made:
    """That version, made if it is not there; a store's own errors in plain words."""
    shelf = around.shelf
    if name == HISTORY:
        return MadeHistory(await open_history(shelf.settings, version.number), around, rules_of(version))
    if name == LINEAGE:
        return MadeInFile(await Lineage.open(around.log, shelf.lineage(version.number)))
    if name == COMMANDS:
        return MadeInFile(await Commands.open(shelf.commands(version.number)))
    path = shelf.snapshot(name, version.number)
    if name == Accounts.name:
        return MadeInMemory(accounts_at(path))
    if name == Alerts.name:
        return MadeInMemory(alerts_at(path))
    return MadeInMemory(decisions_at(path) if name == Decisions.name else latest_at(path, around.policy))


def rules_of(version: Version) -> WindowRules:
    """The rules that a history is made by; where nobody recorded them, or in other words than ours, those of today."""
    try:
        return WindowRules() if version.rules is None else WindowRules.recorded(dict(version.rules))
    except msgspec.ValidationError:
        return WindowRules()
