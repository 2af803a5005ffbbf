"""Comparisons of what two versions hold, and estimates of how long filling one will take."""

import threading
from collections.abc import Callable, Collection, ItemsView

import numpy as np
import pytest

from domain.day_digests import NO_DIGESTS, DayDigests, day_digests
from glasshouse.versions.child import Told
from glasshouse.versions.comparing import NAMED, compare, compared
from glasshouse.versions.filling import Estimate
from glasshouse.versions.made import Digests, Gone
from schema.envelope import Position
from schema.times import DAY_US
from tests.support.memory_log import MemoryLog


def days(count: int, value: float = 20.0) -> DayDigests:
    times = np.arange(count, dtype=np.int64) * DAY_US
    return day_digests(["a"], np.zeros(count, np.int64), times, [times, np.full(count, value)])


def test_parts_that_differ_are_counted_and_days_named_once_with_all_their_parts() -> None:
    found = compared(Position(7), {"raw": days(3), "day": days(3)}, {"raw": days(3, 21.0), "day": days(2)})
    assert found.differing() == {"raw": 3, "day": 1}
    assert found.differing_days == 3
    assert [(str(one.day), one.parts) for one in found.days] == [
        ("1970-01-01", ["raw"]),
        ("1970-01-02", ["raw"]),
        ("1970-01-03", ["raw", "day"]),
    ]


def test_only_so_many_days_are_named() -> None:
    found = compared(None, {"raw": days(NAMED + 5)}, {"raw": NO_DIGESTS})
    assert (len(found.days), found.differing_days) == (NAMED, NAMED + 5)


class Watched(dict[str, Collection[int]]):
    """Days that are gone, and the threads that looked at them."""

    def __init__(self, **days: Collection[int]) -> None:
        super().__init__(days)
        self.threads: set[int] = set()

    def items(self) -> ItemsView[str, Collection[int]]:  # type: ignore[override]  # that of dict is one
        self.threads.add(threading.get_ident())
        return super().items()


class Held:
    """A version that holds these days, of which some are gone."""

    def __init__(self, held: DayDigests, gone: Gone) -> None:
        self._held = held
        self._gone = gone

    async def digests(self, taken: Callable[[], None]) -> Digests:
        taken()
        return {"raw": self._held}

    def gone(self, part: str) -> Gone:
        assert part == "raw"
        return self._gone


async def test_days_that_are_gone_from_one_of_two_are_left_out_of_both_and_hold_up_nobody_meanwhile() -> None:
    gone = Watched(a=[0, 1])
    found = await compare(MemoryLog(), [], Held(days(3), gone), Held(days(3, 21.0), {}))
    assert [str(one.day) for one in found.days] == ["1970-01-03"]
    assert threading.get_ident() not in gone.threads


def test_a_part_without_days_is_equal_or_not() -> None:
    found = compared(None, {"latest": "abc", "lineage": "x"}, {"latest": "abc", "lineage": "y"})
    assert found.differing() == {"latest": 0, "lineage": 1}
    assert (found.differing_days, found.candidate()) == (0, {"latest": "abc", "lineage": "y"})


def test_the_time_that_is_left_is_told_by_how_it_went_since_this_run_began() -> None:
    now = 100.0
    estimate = Estimate(lambda: now)
    assert estimate.after(Told(position=500, head=1000)).eta_seconds is None
    now = 110.0
    later = estimate.after(Told(position=600, head=1000, events=90))
    assert (later.progress, later.events) == (0.6, 90)
    assert later.eta_seconds == pytest.approx(40.0)


def test_an_empty_log_is_read_at_once() -> None:
    assert Estimate().after(Told(done=True)).progress == 1.0
