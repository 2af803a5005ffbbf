"""The ids kept aside of EventStoreDB streams: whatever is asked in whichever order, the answers are those of the stream."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.esdb.known_ids import KnownIds


def event_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


class Stream:
    """Grows, and counts what is read of it."""

    def __init__(self) -> None:
        self.length = 0
        self.read = 0

    def places(self, start: int) -> Iterator[tuple[int, bytes]]:
        for revision in range(start, self.length):
            self.read += 1
            yield revision, event_id(revision)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 100), st.lists(st.integers(0, 200), max_size=5))))
def test_what_is_found_is_what_the_stream_holds_from_there_on(steps: list[tuple[int, int, list[int]]]) -> None:
    known, stream = KnownIds(), Stream()
    for grown, start, asked in steps:
        stream.length += grown
        found = known.held("device-a", [event_id(number) for number in asked], start, stream.places)
        there = {number for number in asked if number < stream.length}
        assert {event_id(number) for number in there if number >= start} <= found <= {event_id(number) for number in there}
    known.close()


def test_each_event_is_read_once_however_often_and_from_wherever_it_is_asked_about() -> None:
    known, stream = KnownIds(), Stream()
    stream.length = 1000
    for start in (900, 950, 500, 500, 0, 300):
        known.held("device-a", [event_id(7)], start, stream.places)
    stream.length = 1010
    assert known.held("device-a", [event_id(7), event_id(1005), event_id(2000)], 0, stream.places) == {
        event_id(7),
        event_id(1005),
    }
    assert stream.read <= 1010 + 2  # where a look back ends it has seen one that was known
    known.close()


def test_a_read_that_breaks_off_leaves_nothing_half_known() -> None:
    known, stream = KnownIds(), Stream()
    stream.length = 10

    def breaking(start: int) -> Iterator[tuple[int, bytes]]:
        yield from list(stream.places(start))[:3]
        raise ConnectionError

    try:
        known.held("device-a", [event_id(1)], 0, breaking)
    except ConnectionError:
        pass
    else:
        raise AssertionError("it did not break off")
    assert known.held("device-a", [event_id(9)], 0, stream.places) == {event_id(9)}
    known.close()
