"""What a back-test of an alert rule finds."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TypeAlias

import msgspec

from domain.alerting.hindsight import PastAlert
from domain.alerting.state import Subject

Spend: TypeAlias = Callable[[int], None]
"""Told how many readings, or events, are about to be looked at; it raises where they are too many."""
Progress: TypeAlias = Callable[[float, int], None]
"""Told how much of it is done, from 0 to 1, and how many readings, or events, that were."""


def nobody_asks(_share: float, _looked_at: int) -> None:
    """Progress that is not told."""


class Found(msgspec.Struct, frozen=True):
    """An alert, and what it is about."""

    subject: Subject
    alert: PastAlert


class Backtested(msgspec.Struct, frozen=True):
    """`found` are the first alerts in order of time; `total` counts all, `refuted` those that were none, `devices` whose.

    `looked_at` are readings of so many `series`; of the log, all its events that say something.
    """

    found: Sequence[Found]
    total: int
    refuted: int
    devices: Mapping[str, int]
    looked_at: int
    series: int


class Tally:
    """Counts alerts, and keeps the first `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: list[Found] = []
        self._devices: Counter[str] = Counter()
        self._refuted = 0

    def add(self, subject: Subject, alerts: Iterable[PastAlert]) -> None:
        for alert in alerts:
            self._found.append(Found(subject, alert))
            self._devices[subject.device] += 1
            self._refuted += alert.refuted
        if len(self._found) > 2 * self._most:
            self._keep_first()

    def told(self, *, looked_at: int, series: int) -> Backtested:
        self._keep_first()
        devices = dict(sorted(self._devices.items()))
        return Backtested(self._found, self._devices.total(), self._refuted, devices, looked_at, series)

    def _keep_first(self) -> None:
        self._found.sort(key=attrgetter("alert.since_us", "subject.device", "subject.sensor"))
        del self._found[self._most :]
