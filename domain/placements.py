"""Where a device was: its moves as people decided them, and from them its location at any time."""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from domain.columns import Int64
from schema.events import DeviceMetadata
from schema.times import to_micros

ALWAYS: Final = -(2**63)
"""A location that counts from the beginning of time does so from here, in microseconds since the epoch."""


class Move(msgspec.Struct, frozen=True, gc=False):
    """A decision about a location. `since_us` is from when it counts, where people said so."""

    location: str | None
    since_us: int | None
    decided_us: int


class Placements(msgspec.Struct, frozen=True):
    """Location `locations[n]` counts from `since[n]` up to `since[n + 1]`, microseconds since the epoch, in order."""

    since: Int64
    locations: Sequence[str | None]

    def at(self, times: Int64) -> Int64:
        """Of each time the place in `locations`; -1 before the first."""
        places: Int64 = np.searchsorted(self.since, times, side="right") - 1
        return places


def moved(moves: Sequence[Move], event: DeviceMetadata, decided_us: int) -> tuple[Move, ...]:
    """The moves once this is decided: an event that leaves the location as it is only says anew since when it counts."""
    since_us = None if event.located_since is None else to_micros(event.located_since)
    last = moves[-1] if moves else None
    if last is None and event.location is None:
        return ()
    if last is not None and last.location == event.location:
        return (*moves[:-1], Move(event.location, since_us, last.decided_us))
    return (*moves, Move(event.location, since_us, decided_us))


def placements(moves: Sequence[Move]) -> Placements:
    """A first location counts from the beginning of time, a later one from its decision, unless people said since when.

    A move takes the place of those that would have come after it: where a device is since last week, it is now.
    """
    placed: list[tuple[int, str | None]] = []
    for move in moves:
        since = _since(move, first=move is moves[0])
        while placed and placed[-1][0] >= since:
            placed.pop()
        placed.append((since, move.location))
    return Placements(np.array([since for since, _ in placed], np.int64), [location for _, location in placed])


def _since(move: Move, *, first: bool) -> int:
    if move.since_us is not None:
        return move.since_us
    return ALWAYS if first else move.decided_us
