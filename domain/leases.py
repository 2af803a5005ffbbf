"""Leases of a role as its stream tells them: who holds what, and which leases have lapsed.

No wall clock decides: a lease has lapsed once somebody has watched the stream for longer than its span, on a clock of his own,
without seeing it renewed. The holder counts from before he asked, so his span is over first.
"""

from collections.abc import Collection
from typing import Final

import msgspec

from schema.events import Event
from schema.leases import Leased, LeaseReleased, LeaseTaken

ALL: Final = "+"
"""Owns whatever there is to own of a role."""
MARGIN: Final = 0.1
"""How much longer than the span others wait: two clocks do not run alike."""


class Grant(msgspec.Struct, frozen=True):
    """A lease as its last event has it. `seen_at` is when the reader first saw that event, on the reader's own clock."""

    holder: str
    fencing: int
    owns: tuple[str, ...]
    span_seconds: float
    revision: int
    seen_at: float

    def has_lapsed(self, now: float) -> bool:
        return now - self.seen_at >= self.span_seconds * (1 + MARGIN)


class LeaseBook:
    """The leases of one role. `revision` is that of the last event taken in, -1 before any. Times are the reader's own."""

    def __init__(self) -> None:
        self.revision = -1
        self._grants: dict[int, Grant] = {}
        self._highest = -1

    def take_in(self, revision: int, event: Event | None, now: float) -> None:
        """The next event of the stream; None for one of a kind that this version does not know."""
        self.revision = revision
        if isinstance(event, LeaseTaken):
            self._grants = {
                grant.fencing: grant
                for grant in self._grants.values()
                if grant.holder != event.holder and not overlap(grant.owns, event.owns)
            }
        if isinstance(event, Leased):
            self._highest = max(self._highest, event.fencing)
            self._grants[event.fencing] = Grant(
                event.holder, event.fencing, event.owns, event.span_seconds, revision, seen_at=now
            )
        elif isinstance(event, LeaseReleased):
            self._grants.pop(event.fencing, None)

    def skip_to(self, revision: int) -> None:
        """What lay up to there is gone from the stream."""
        self.revision = max(self.revision, revision)

    def doubt(self, now: float) -> None:
        """The log was away, and with it all renewals: every wait begins anew."""
        self._grants = {fencing: msgspec.structs.replace(grant, seen_at=now) for fencing, grant in self._grants.items()}

    def rivals(self, holder: str, owns: Collection[str], now: float) -> list[Grant]:
        """Leases of others that stand against one of `owns`."""
        return [
            grant
            for grant in self._grants.values()
            if grant.holder != holder and overlap(grant.owns, owns) and not grant.has_lapsed(now)
        ]

    def holds(self, fencing: int) -> bool:
        """Whether that lease stands: nobody took it over, and nobody let its events go since it lapsed."""
        return fencing in self._grants

    def overlapping(self, owns: Collection[str]) -> Grant | None:
        return next((grant for grant in self._grants.values() if overlap(grant.owns, owns)), None)

    def next_fencing(self) -> int:
        """Greater than all before, even where the stream's beginning is gone: no revision comes twice."""
        return max(self._highest, self.revision) + 1

    def needed_from(self, now: float) -> int:
        """The first revision that still tells of a lease which stands; those that lapsed may be forgotten."""
        return min((grant.revision for grant in self._grants.values() if not grant.has_lapsed(now)), default=self.revision)


def overlap(some: Collection[str], others: Collection[str]) -> bool:
    return ALL in some or ALL in others or not set(some).isdisjoint(others)
