"""Leases of roles: taken, renewed, released."""

from schema.events import Event


class Leased(Event, frozen=True, kw_only=True):
    """A lease: `role`, or that part of it which `owns` names, is its holder's for `span_seconds` from this event on.

    `fencing` grows with every lease that is taken of the role: what bears a smaller one comes from an earlier holder.
    """

    role: str
    owns: tuple[str, ...]
    holder: str
    fencing: int
    span_seconds: float


class LeaseTaken(Leased, frozen=True, kw_only=True):
    """A process became the holder."""


class LeaseRenewed(Leased, frozen=True, kw_only=True):
    """The holder is still there: the span begins anew."""


class LeaseReleased(Event, frozen=True, kw_only=True):
    """The holder ended in order: nobody need wait for the span."""

    role: str
    holder: str
    fencing: int
