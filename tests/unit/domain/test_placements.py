"""Where a device was: moves, and moves that are told later."""

from datetime import datetime

import numpy as np

from domain.placements import Move, moved, placements
from schema.events import DeviceMetadata
from schema.times import to_micros
from tests.support.house_events import at

HOUR = 3600


def told(*decisions: tuple[str | None, datetime | None, int]) -> tuple[Move, ...]:
    """Moves from (location, since, hour of the decision)."""
    moves: tuple[Move, ...] = ()
    for location, since, hour in decisions:
        event = DeviceMetadata(device_id="a", location=location, located_since=since)
        moves = moved(moves, event, to_micros(at(hour * HOUR)))
    return moves


def where(moves: tuple[Move, ...], *hours: float) -> list[str | None]:
    places = placements(moves)
    found = places.at(np.array([to_micros(at(hour * HOUR)) for hour in hours], np.int64))
    return [None if place < 0 else places.locations[place] for place in found]


def test_a_first_location_counts_from_the_beginning_of_time() -> None:
    assert where(told((None, None, 1), ("x", None, 5)), -1000, 4, 6) == ["x", "x", "x"]


def test_a_later_one_counts_from_when_it_was_decided() -> None:
    assert where(told(("x", None, 1), ("y", None, 5)), 4.9, 5, 6) == ["x", "y", "y"]


def test_a_back_dated_move_counts_from_when_it_moved() -> None:
    assert where(told(("x", None, 1), ("y", at(2 * HOUR), 5)), 1, 2, 6) == ["x", "y", "y"]


def test_a_first_location_with_a_date_counts_from_there() -> None:
    assert where(told(("x", at(2 * HOUR), 5)), 1, 2) == [None, "x"]


def test_where_it_is_since_then_it_was_nowhere_else_meanwhile() -> None:
    assert where(told(("x", None, 1), ("y", None, 5), ("z", at(3 * HOUR), 7)), 2, 4, 6) == ["x", "z", "z"]


def test_a_date_that_is_put_right_leaves_what_the_wrong_one_hid() -> None:
    moves = told(("x", None, 1), ("y", None, 5), ("z", at(3 * HOUR), 7), ("z", at(6 * HOUR), 8))
    assert where(moves, 2, 4, 5.5, 6) == ["x", "x", "y", "z"]


def test_a_date_that_is_taken_back_leaves_the_decision() -> None:
    assert where(told(("x", None, 1), ("y", at(2 * HOUR), 5), ("y", None, 9)), 4, 5, 10) == ["x", "y", "y"]


def test_a_location_that_is_cleared_is_nowhere_from_then_on() -> None:
    assert where(told(("x", None, 1), (None, None, 5)), 4, 6) == ["x", None]


def test_what_says_nothing_of_the_location_moves_nothing() -> None:
    assert told(("x", None, 1), ("x", None, 5)) == told(("x", None, 1))


def test_a_device_that_nobody_placed_is_nowhere() -> None:
    assert where((), 1) == [None]
