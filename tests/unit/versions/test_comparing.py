"""Comparisons of what two versions hold, and estimates of how long filling one will take."""

import numpy as np
import pytest

from domain.day_digests import NO_DIGESTS, DayDigests, day_digests
from glasshouse.versions.child import Told
from glasshouse.versions.comparing import NAMED, compared
from glasshouse.versions.filling import Estimate
from schema.envelope import Position
from schema.times import DAY_US


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
