"""Which versions of a read model there are, and what a rebuild does with them: decisions alone.

One version serves. A rebuild fills a candidate beside it; once that is found to hold the same, or other rules explain that it
does not, it serves instead, and the one before is kept to go back to.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from schema.events import Event
from schema.versions import ProjectionBegun, ProjectionSwitched

FIRST: Final = 1
"""The version that serves from the start."""
Rules = Mapping[str, Any]
"""What a version is made by, as JSON values. Of the same log the same rules make the same."""


class Version(msgspec.Struct, frozen=True):
    """One version; its rules are None where nobody recorded them."""

    number: int
    rules: Rules | None


class Versions(msgspec.Struct, frozen=True):
    """The versions of one read model that something still refers to, and the highest number that was ever given."""

    serving: Version = Version(FIRST, None)
    previous: Version | None = None
    candidate: Version | None = None
    newest: int = FIRST

    @property
    def kept(self) -> frozenset[int]:
        """All others can go."""
        return frozenset(one.number for one in (self.serving, self.previous, self.candidate) if one is not None)


class Outcome(StrEnum):
    """What a comparison came to."""

    EQUAL = "equal"
    NEW_RULES = "new_rules"
    ACCEPTED = "accepted"
    DIFFERS = "differs"


def fold_versions(events: Sequence[Event]) -> Versions:
    """The versions, from the events of the read model's stream."""
    versions = Versions()
    for event in events:
        if isinstance(event, ProjectionBegun):
            versions = _begun(versions, Version(event.version, event.rules))
        elif isinstance(event, ProjectionSwitched):
            versions = _switched(versions, Version(event.version, event.rules))
    return versions


def next_candidate(versions: Versions, rules: Rules, *, anew: bool = False) -> tuple[Version, bool]:
    """The version to fill, and whether that goes on with one that was begun: only under the same rules."""
    begun = versions.candidate
    if begun is not None and begun.rules == rules and not anew:
        return begun, True
    return Version(versions.newest + 1, rules), False


def judged(
    serving: Version, candidate: Version, differing: Mapping[str, int], *, given: frozenset[str], accept: bool
) -> Outcome:
    """What the comparison means; `differing` says of each part on how many device-days it differs.

    New rules explain what differs in all parts but those that are `given`: these no rule touches.
    """
    if not any(differing.values()):
        return Outcome.EQUAL
    is_new = serving.rules is not None and serving.rules != candidate.rules
    if is_new and not any(differing.get(part, 0) for part in given):
        return Outcome.NEW_RULES
    return Outcome.ACCEPTED if accept else Outcome.DIFFERS


def _begun(versions: Versions, begun: Version) -> Versions:
    if begun.number == versions.serving.number:
        return msgspec.structs.replace(versions, serving=begun)
    return msgspec.structs.replace(versions, candidate=begun, newest=max(versions.newest, begun.number))


def _switched(versions: Versions, switched: Version) -> Versions:
    newest = max(versions.newest, switched.number)
    candidate = versions.candidate
    if candidate is not None and candidate.number == switched.number:
        candidate = None
    if switched.number == versions.serving.number:
        return Versions(switched, versions.previous, candidate, newest)
    return Versions(switched, versions.serving, candidate, newest)
