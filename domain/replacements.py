"""Sensors that took the place of others: of which sensors a series is made, and from when to when."""

from collections.abc import Callable
from typing import Final

import msgspec

BEGINNING: Final = -(2**63)
END: Final = 2**63 - 1


class SensorKey(msgspec.Struct, frozen=True, gc=False):
    """A probe on a device."""

    device: str
    sensor: str


class Replacement(msgspec.Struct, frozen=True, gc=False):
    """From `at_us` on, another sensor goes on."""

    by: SensorKey
    at_us: int


class Segment(msgspec.Struct, frozen=True, gc=False):
    """In [start, end), microseconds since the epoch, this sensor is the one that measured."""

    sensor: SensorKey
    start_us: int
    end_us: int


def segments(sensor: SensorKey, replacement_of: Callable[[SensorKey], Replacement | None]) -> list[Segment]:
    """The series of a sensor, in order of time, followed through all who took its place.

    One that was replaced before it took over itself never counted. A circle, which decisions refuse, ends where it closes.
    """
    found: list[Segment] = []
    seen, start = {sensor}, BEGINNING
    while (replacement := replacement_of(sensor)) is not None and replacement.by not in seen:
        end = max(start, replacement.at_us)
        if start < end:
            found.append(Segment(sensor, start, end))
        sensor, start = replacement.by, end
        seen.add(sensor)
    return [*found, Segment(sensor, start, END)]
