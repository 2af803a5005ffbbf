"""The port to ingest, for what comes over HTTP: the API brings items in, and is told what became of each."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol, TypeAlias

import msgspec

from projections.lineage_queries import DeadLetterView, ReplayView

May: TypeAlias = Callable[[str, str], bool]
"""Whether whoever sends may speak for that device at that site."""


class Fate(StrEnum):
    """What became of an item."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    DEAD_LETTER = "deadLetter"
    REFUSED = "refused"
    """It was not taken: the key is not good for it, or another process owns its site. It is kept nowhere."""


class Receipt(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What became of an item, all of it durable; as devices are told over MQTT."""

    result: Fate
    event_ids: Sequence[str]
    position: int | None
    reason: str | None = None


class Batch(Protocol):
    """Items that were taken in."""

    async def receipts(self) -> Sequence[Receipt]:
        """One for each item, in order, once all are durable. ApiError UNAVAILABLE: ingest ended before."""
        ...


class Letter(msgspec.Struct, frozen=True):
    """A dead letter to be sent again; `topic` and `payload` are None where they stay what they were."""

    view: DeadLetterView
    topic: str | None = None
    payload: bytes | None = None


class Replayed(msgspec.Struct, frozen=True):
    """What became of a dead letter: nothing else than it was where `replay` is None. At `position` that stands in the log."""

    replay: ReplayView | None
    position: int | None


class Ingest(Protocol):
    """The pipeline of this process."""

    @property
    def log_id(self) -> str: ...

    def require_ready(self) -> None:
        """ApiError where nothing is taken now: LIMIT_EXCEEDED under pressure, UNAVAILABLE while the role is not held."""
        ...

    def items(self, body: bytes) -> Sequence[bytes]:
        """The items of a JSON body, be it one or a list."""
        ...

    def submit(self, items: Sequence[bytes], may: May) -> Batch:
        """Take items in; ApiError where not all were taken. Of each that is refused, only that is told."""
        ...

    async def replay(self, letter: Letter, actor: str) -> Replayed:
        """Send a dead letter through ingest again, and record what becomes of it. Once in effect, however often it is done.

        ApiError where it was not taken; then nothing is certain.
        """
        ...
