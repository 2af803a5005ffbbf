"""Of each series one reading in so long, the newest, and nothing lost that is not counted."""

from collections.abc import Sequence

from api.conflation import Conflation
from api.cursors import ResumePoint
from api.types.messages import Recorded
from schema.envelope import Cursor, Position, RecordedEvent
from schema.events import Clock, SensorReading
from tests.support.house_events import at


class Rhythm:
    """A conflation with a second between two readings of a series, and a clock that stands still unless it is set."""

    def __init__(self, most: int = 100) -> None:
        self.now = 0.0
        self.kept = Conflation(1.0, most=most, clock=lambda: self.now)
        self._position = 0

    def take(self, sensor: str, second: float, clock: Clock = Clock.OK) -> None:
        self._position += 10
        position = Position(self._position)
        event = SensorReading(device_id="a", sensor_id=sensor, timestamp=at(second), reading={"t": second}, clock=clock)
        recorded = RecordedEvent(position, "device-a", 0, b"", "SensorReading", 0, b"", b"")
        self.kept.take(ResumePoint(Cursor("log", position)), Recorded(recorded, event, "t", ()))

    def sent(self) -> Sequence[tuple[float | None, int, Position | None]]:
        """Value, how many it stands for besides, and position of what is sent now."""
        return [(one.reading().value, one.conflated, one.point.cursor.position) for one in self.kept.send()]


def test_the_newest_of_each_series_is_sent_in_the_order_of_the_log() -> None:
    rhythm = Rhythm()
    for sensor, second in (("x", 1), ("y", 1), ("x", 2), ("z", 1), ("x", 3), ("z", 2)):
        rhythm.take(sensor, second)
    assert rhythm.sent() == [(1.0, 0, 20), (3.0, 2, 50), (2.0, 1, 60)]
    assert rhythm.sent() == []


def test_what_comes_late_is_counted_and_does_not_take_the_place_of_what_is_newer() -> None:
    rhythm = Rhythm()
    for second in (5, 3, 4):
        rhythm.take("x", second)
    assert rhythm.sent() == [(5.0, 2, 10)]
    rhythm.take("x", 2)
    assert rhythm.sent() == [(2.0, 0, 40)]


def test_a_reading_of_the_future_hides_none_of_a_clock_that_can_be_believed() -> None:
    rhythm = Rhythm()
    rhythm.take("x", 1)
    rhythm.take("x", 10**6, Clock.AHEAD)
    assert rhythm.sent() == [(1.0, 1, 10)]


def test_it_is_due_when_a_turn_has_passed_and_one_later_while_more_is_to_come() -> None:
    rhythm = Rhythm()
    rhythm.take("x", 1)
    for caught_up, turns in ((True, 1), (False, 2)):
        rhythm.kept.read(caught_up=caught_up)
        found = []
        for now in (turns - 0.1, turns, turns + 5):
            rhythm.now = now
            found.append((rhythm.kept.is_due, round(rhythm.kept.rest(), 3)))
        assert found == [(False, 0.1), (True, 0.0), (True, 0.0)]


def test_with_nothing_to_send_nothing_is_due() -> None:
    rhythm = Rhythm()
    rhythm.now = 10.0
    assert (rhythm.kept.keeps, rhythm.kept.is_due) == (False, False)


def test_all_of_one_rhythm_send_in_the_same_turns() -> None:
    rests = []
    for begun in (5.25, 5.5):
        rhythm = Rhythm()
        rhythm.now = begun
        rhythm.kept = Conflation(1.0, clock=lambda: rhythm.now)  # noqa: B023 - used before the next
        rhythm.take("x", 1)
        rests.append(begun + rhythm.kept.rest())
    assert rests == [6.0, 6.0]


def test_it_keeps_no_more_series_than_it_may() -> None:
    rhythm = Rhythm(most=2)
    rhythm.take("x", 1)
    rhythm.take("y", 1)
    held, new = (Recorded(RecordedEvent(Position(1), "", 0, b"", "", 0, b"", b""), event, "t", ()) for event in (
        SensorReading(device_id="a", sensor_id=sensor, timestamp=at(0), reading={"t": 1.0}) for sensor in ("x", "z")
    ))  # fmt: skip
    assert (rhythm.kept.has_room(held), rhythm.kept.has_room(new)) == (True, False)
    rhythm.sent()
    assert rhythm.kept.has_room(new)
