"""What a copy has come to."""

import msgspec

from glasshouse.copier.tally import Tally
from glasshouse.copier.verify import TOLD, Difference


class Side(msgspec.Struct, frozen=True, rename="camel"):
    """One of the two logs. `address` has no secrets; `head` is the source's when the copy began, the target's when it ended."""

    address: str
    log_id: str
    head: int | None


class Renumbered(msgspec.Struct, frozen=True, rename="camel"):
    """A stream that was truncated in the source: its last event has another revision in the copy, which begins at 0."""

    stream: str
    revision: int
    source_revision: int


class StreamReport(msgspec.Struct, frozen=True, rename="camel"):
    """A stream of the source, up to the head: how many events, and the hash over them in order."""

    events: int
    hash: str


class CopyReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Counts are events, all of them of the copy but `came_since`: what the source got meanwhile.

    `let_go`: what the source has let go of since it was copied; `beyond`: what comes after all that the source holds.
    """

    source: Side
    target: Side
    events: int
    already_there: int
    copied: int
    let_go: int
    beyond: int
    came_since: int
    hash: str
    streams: dict[str, StreamReport]
    renumbered: list[Renumbered]
    differences: list[Difference]
    seconds: float

    @property
    def verified(self) -> bool:
        return not self.differences

    @property
    def all_told(self) -> bool:
        """Whether `differences` are all there are."""
        return len(self.differences) < TOLD


def streams_of(tally: Tally) -> dict[str, StreamReport]:
    return {name: StreamReport(one.events, one.digest.hex()) for name, one in sorted(tally.streams.items())}


def renumbered_in(tally: Tally) -> list[Renumbered]:
    return [
        Renumbered(name, one.events - 1, one.last_revision) for name, one in sorted(tally.streams.items()) if one.renumbered
    ]
