"""The query side of the read models: what may be asked of them, and the shapes of the answers."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from domain.corrections import Correction
from domain.placements import Placements
from domain.replacements import Segment, SensorKey
from schema.actuators import ActuatorSpec, Dialect, Scalar
from schema.envelope import Filter, Position, RecordedEvent
from schema.events import Event, Quality
from schema.ids import EventId
from schema.rules import AlertRuleDefined


class LatestReading(msgspec.Struct, frozen=True):
    """What a sensor last said of one metric: the greatest (timestamp, event id) among those with a clock to believe.

    `value` and `quality` are as corrected and judged, `said` and `said_quality` as the device sent them; `verdict` is the
    reason where we found the value bad, `correction` the id of the one that touched it last.
    """

    sensor: str
    metric: str
    value: float
    unit: str | None
    quality: Quality
    timestamp: datetime
    event_id: EventId
    recorded_us: int
    revision: int
    said: float
    said_quality: Quality
    verdict: str | None = None
    correction: str | None = None


class LatestActuator(msgspec.Struct, frozen=True):
    """The state an actuator last said it is in."""

    actuator: str
    state: Scalar
    reason: str | None
    timestamp: datetime
    event_id: EventId
    recorded_us: int


class Place(msgspec.Struct, frozen=True):
    """A location that counts since then, up to the next one; None: it always did."""

    location: str | None
    since: datetime | None


class DeviceView(msgspec.Struct, frozen=True, dict=True):
    """All that is known now of a device. `location` is what people decided, `site` where it speaks from.

    One object for as long as nothing changes, with room for what others make of it.

    `places` are where it was, and `corrections` those that stand, each in order. `drift_us` is by how much its clock is behind
    ours, where it says when it sent. `declared` are the actuators that take commands.
    """

    device_id: str
    site: str | None
    location: str | None
    name: str | None
    device_type: str | None
    model: str | None
    firmware_version: str | None
    status: str | None
    status_at: datetime | None
    last_seen: datetime | None
    readings: Sequence[LatestReading]
    actuators: Sequence[LatestActuator]
    places: Sequence[Place] = ()
    retired_at: datetime | None = None
    corrections: Sequence[Correction] = ()
    drift_us: int | None = None
    dialect: Dialect = Dialect.NATIVE
    address: str | None = None
    declared: Sequence[ActuatorSpec] = ()


class SiteView(msgspec.Struct, frozen=True):
    site_id: str
    name: str | None
    time_zone: str


class LatestQueries(Protocol):
    """The latest state. In memory: answers at once."""

    def device(self, device_id: str) -> DeviceView | None: ...

    def devices(
        self,
        *,
        first: int,
        after: str | None = None,
        before: str | None = None,
        backwards: bool = False,
        location: str | None = None,
    ) -> list[DeviceView]:
        """At most `first` devices by id, between those ids, or with `backwards` the last of them.

        At or below the location (its site where none was decided).
        """
        ...

    def site(self, site_id: str) -> SiteView | None: ...

    def sites(self) -> list[SiteView]: ...


class DecisionQueries(Protocol):
    """What people decided, for whoever looks at readings. In memory: answers at once."""

    @property
    def version(self) -> int:
        """Another number after each decision."""
        ...

    def standing(self, device_id: str) -> Sequence[Correction]:
        """The corrections of a device that make a difference, in the order in which they work."""
        ...

    def corrections(self, device_id: str, sensor: str, metric: str) -> Sequence[Correction]:
        """Those of one series."""
        ...

    def placements(self, device_id: str) -> Placements:
        """Where the device was when, as people decided."""
        ...

    def segments(self, sensor: SensorKey) -> Sequence[Segment]:
        """The sensors that make up the series which that sensor began, in order of time."""
        ...

    def time_zone(self, site_id: str) -> str:
        """The IANA time zone of a site's days; UTC where nobody defined the site."""
        ...


class KeySecret(msgspec.Struct, frozen=True):
    """A secret of a key, by its hash: the first, second and so on. Good until a moment; None: as long as the key.

    `mqtt_hash` is of the whole key, as Mosquitto's password file has it; None where the key does not deliver.
    """

    sha256: str
    mqtt_hash: str | None = None
    number: int = 1
    until: datetime | None = None


class KeyView(msgspec.Struct, frozen=True):
    """An API key: all but its secrets. It is good for these sites and these devices alone; none named: for all.

    Of `secrets` the first is the newest; another one is that before, which may be over.
    """

    account_id: str
    key_id: str
    name: str
    role: str
    secrets: tuple[KeySecret, ...]
    expires_at: datetime | None
    revoked: bool
    issued_at: datetime
    sites: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()

    def is_good(self, now: datetime) -> bool:
        """Whether it still opens something, with whichever of its secrets."""
        return not self.revoked and (self.expires_at is None or self.expires_at > now)

    def secret(self, number: int) -> KeySecret | None:
        """The secret of that number, as far as it is known."""
        return next((secret for secret in self.secrets if secret.number == number), None)

    def good_secrets(self, now: datetime) -> list[KeySecret]:
        """Those that open something."""
        good = (secret for secret in self.secrets if secret.until is None or secret.until > now)
        return list(good) if self.is_good(now) else []


class AccountQueries(Protocol):
    """Accounts and their keys. In memory."""

    def key(self, key_id: str) -> KeyView | None: ...

    def keys(self) -> list[KeyView]: ...


class LetterState(StrEnum):
    """What became of a dead letter: nothing yet; what it says is stored; another dead letter stands in its place."""

    OPEN = "open"
    REPLAYED = "replayed"
    SUPERSEDED = "superseded"


class ReplayView(msgspec.Struct, frozen=True):
    """A dead letter went through ingest again: when, by whom, on which topic, and what events came of it, by their ids.

    `repaired` is whether it was sent otherwise than it was.
    """

    at: datetime
    actor: str | None
    topic: str | None
    repaired: bool
    event_ids: Sequence[str]
    dead_letters: Sequence[str]

    @property
    def state(self) -> LetterState:
        return LetterState.REPLAYED if self.event_ids else LetterState.SUPERSEDED


class RuleView(msgspec.Struct, frozen=True):
    """A rule as it stands: how often it was defined before, when it was last, and by whom."""

    rule: AlertRuleDefined
    revision: int
    defined_us: int
    actor: str | None = None


class RuleQueries(Protocol):
    """Alert rules. In memory."""

    def rule(self, rule_id: str) -> RuleView | None: ...

    def rules(self) -> list[RuleView]:
        """By id."""
        ...


class DeadLetterView(msgspec.Struct, frozen=True):
    """A message that could not be understood. `payload` holds all its bytes, or the prefix where it was too large.

    `replay` is the last time that it was sent again and became anything else.
    """

    event_id: EventId
    position: Position
    source: str
    topic: str
    payload: bytes
    size: int
    sha256: str
    code: str
    reason: str
    received_at: datetime
    replay: ReplayView | None = None

    @property
    def state(self) -> LetterState:
        return LetterState.OPEN if self.replay is None else self.replay.state


class SegmentQueries(Protocol):
    """Of which sensors a series is made."""

    def segments(self, sensor: SensorKey) -> Sequence[Segment]: ...


class LineageQueries(Protocol):
    """The lineage index: event id and correlation id -> place in the log, which cannot look events up by id."""

    async def find(self, event_id: EventId) -> RecordedEvent | None:
        """The event of that id, read from the log; the first where the log holds it twice."""
        ...

    async def find_all(self, event_ids: Sequence[EventId]) -> list[RecordedEvent | None]:
        """The event of each id, in that order."""
        ...

    async def correlated(self, correlation_id: str, *, first: int) -> list[RecordedEvent]:
        """At most `first` events of that correlation id, in log order."""
        ...

    async def of_commands(self, devices: Mapping[str, str], *, first: int) -> list[RecordedEvent]:
        """At most `first` events of each command in which its own device, named by the command's id, tells something of it."""
        ...

    async def letters(self, event_ids: Sequence[EventId]) -> list[DeadLetterView | None]:
        """The dead letter of each id, in that order; None where it is none."""
        ...

    async def dead_letters(
        self,
        *,
        first: int,
        before: Position | None = None,
        since: Position | None = None,
        oldest: bool = False,
        state: LetterState | None = None,
    ) -> list[DeadLetterView]:
        """At most `first` dead letters, newest first, recorded between those positions; with `oldest` the last of them.

        With a state only those.
        """
        ...

    async def count_dead_letters(self, state: LetterState | None = None) -> int: ...


class ProjectionState(StrEnum):
    """A halted read model says why; its answers stand still at its position, and the others go on."""

    STARTING = "starting"
    CATCHING_UP = "catching_up"
    LIVE = "live"
    HALTED = "halted"


class ProjectionStatus(msgspec.Struct, frozen=True):
    """How a read model stands. `lag_seconds` is now minus the recorded time of what it waits for; 0 when caught up.

    `state` is a `ProjectionState`; `events` were read since the process started, `events_per_second` lately.
    """

    name: str
    state: str
    position: Position | None
    events: int
    lag_seconds: float
    error: str | None
    events_per_second: float = 0.0


class ProjectionHaltedError(Exception):
    """What was waited for does not come: the read model has halted, and the message says why."""


class UnknownProjectionError(LookupError):
    """No read model of that name runs here."""


class ProjectionQueries(Protocol):
    """The running read models."""

    def status(self) -> list[ProjectionStatus]: ...

    def position(self, name: str) -> Position | None:
        """Up to where the read model of that name answers now; None where that is nowhere yet, or none has that name."""
        ...

    async def reached(self, name: str, position: Position) -> None:
        """Return once the read model has read up to `position`; how long to wait is for the caller to say.

        ProjectionHaltedError where it has halted before, UnknownProjectionError where none has that name.
        """
        ...


class FeedEvent(msgspec.Struct, frozen=True, gc=False):
    """A recorded event and what is inside it; `event` is None where its type is not known to this code."""

    recorded: RecordedEvent
    event: Event | None


class FeedPage(msgspec.Struct, frozen=True, gc=False):
    """A page of the log, decoded once for all who read it. `position` is the checkpoint after it.

    `unreadable` are those of `events` whose data does not fit their type: who needs what is inside cannot go on.
    """

    events: Sequence[FeedEvent]
    position: Position | None
    caught_up: bool
    unreadable: Sequence[RecordedEvent] = ()


class FeedQueries(Protocol):
    """The live log, shared: one subscription a process, a bounded ring of recent pages, the log itself for who is behind."""

    def follow(self, after: Position | None, *, only: Filter) -> AsyncIterator[FeedPage]:
        """Pages after `after`, for ever; pages without a match come as progress."""
        ...


class LiveQueries(FeedQueries, Protocol):
    """The same for the many who want a little of it each."""

    def watch(
        self, after: Position | None, *, only: Filter, stream: str | None, patience: Callable[[], float | None]
    ) -> AsyncIterator[FeedPage]:
        """As `follow`, for who looks for events of one stream alone, or (None) of all: others do not wake him.

        They come with what does, or after `patience` seconds, when there is a page in any case; None is for ever.
        """
        ...
