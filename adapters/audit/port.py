"""The port of the audit store: what is noted, how it is summed up, and how it is asked."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec


class AuditError(Exception):
    """The audit store cannot be written or read; the message says why."""


class Action(StrEnum):
    """What somebody did, or wanted to do."""

    ENTER = "enter"
    LOG_IN = "log_in"
    READ = "read"
    WATCH = "watch"
    EXPORT = "export"
    DELIVER = "deliver"
    CHANGE = "change"


class Outcome(StrEnum):
    """What became of it."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    FAILED = "failed"


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did. `actor` is who it was, of a refusal who it claimed to be; `address` is where it came from.

    Of an operation: its name, its root fields, its document and its variables as JSON, the last two cut where they are long.
    """

    actor: str | None
    address: str | None
    action: Action
    outcome: Outcome = Outcome.ALLOWED
    operation: str | None = None
    fields: tuple[str, ...] = ()
    document: str | None = None
    variables: str | None = None
    code: str | None = None
    message: str | None = None


class Tally:
    """How often a deed was done between two moments (microseconds since the epoch). `row` is its place in the store."""

    __slots__ = ("count", "deed", "first_us", "last_us", "row")

    def __init__(self, deed: Deed, now_us: int) -> None:
        self.deed = deed
        self.first_us = self.last_us = now_us
        self.count = 1
        self.row: int | None = None

    def again(self, now_us: int) -> None:
        """Once more."""
        self.count += 1
        self.last_us = now_us


class Entry(msgspec.Struct, frozen=True):
    """A tally as it is stored. Ids ascend in the order in which deeds were done first."""

    id: int
    deed: Deed
    first_us: int
    last_us: int
    count: int


class EntryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of deeds done in [start, end), newest first, between the entries `since` and `before`; None is any.

    The first of that order, or with `oldest` the last.
    """

    actor: str | None = None
    action: Action | None = None
    outcome: Outcome | None = None
    start_us: int | None = None
    end_us: int | None = None
    before: int | None = None
    since: int | None = None
    oldest: bool = False
    limit: int = 100


class AuditStore(Protocol):
    """Durable against the death of the process. AuditError where it cannot be reached."""

    async def write(self, tallies: Sequence[Tally]) -> None:
        """Store these anew, or in the place that they have; all or none."""
        ...

    async def find(self, query: EntryQuery) -> list[Entry]: ...

    async def last_used(self) -> Mapping[str, int]:
        """When each actor was let in last; none of those who were refused."""
        ...

    async def expire(self, before_us: int, actions: Collection[Action], most: int) -> int:
        """Drop what was done last before that moment, and the oldest of those actions that are more than `most`.

        Tells how many went.
        """
        ...

    async def close(self) -> None: ...
