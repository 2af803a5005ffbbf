"""The ids kept aside of EventStoreDB streams: whatever is asked in whichever order, the answers are those of the stream."""

import threading
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.esdb import known_ids
from adapters.event_log.esdb.known_ids import PAGE, KnownIds

Place = tuple[int, bytes]


def event_id(number: int, log: int = 0) -> bytes:
    return bytes([log]) + number.to_bytes(15, "big")


class Stream:
    """Grows, is set back to an older state and goes on otherwise, and counts what is read of it."""

    def __init__(self) -> None:
        self.ids: list[bytes] = []
        self.read = 0

    def grow(self, by: int, log: int = 0) -> None:
        self.ids += [event_id(number, log) for number in range(len(self.ids), len(self.ids) + by)]

    def places(self, start: int) -> Sequence[Place]:
        found = list(enumerate(self.ids))[start : start + known_ids.PAGE]
        self.read += len(found)
        return found


@pytest.fixture
def known() -> Iterator[KnownIds]:
    index = KnownIds()
    yield index
    index.close()


Step = tuple[int, int, int, list[int]]


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 40), st.integers(0, 100), st.lists(st.integers(0, 200), max_size=5)))
)
def test_what_is_found_is_what_the_stream_holds_from_there_on(steps: list[Step]) -> None:
    index, stream = KnownIds(), Stream()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_ids, "PAGE", 7)
        for log, (grown, set_back, start, asked) in enumerate(steps):
            if set_back > 35:
                del stream.ids[set_back - 35 :]
            stream.grow(grown, log)
            ids = [event_id(number, of) for number in asked for of in range(log + 1)]
            found = index.held("device-a", ids, start, stream.places)
            assert set(stream.ids[start:]) & set(ids) <= found <= set(stream.ids) & set(ids)
    index.close()


def test_each_event_is_read_about_once_however_often_and_from_wherever_it_is_asked_about(known: KnownIds) -> None:
    stream = Stream()
    stream.grow(3 * PAGE)
    for start in (2 * PAGE, 2 * PAGE + 50, PAGE, PAGE, 0, 300):
        known.held("device-a", [event_id(7)], start, stream.places)
    stream.grow(10)
    asked = [event_id(7), event_id(3 * PAGE + 5), event_id(9 * PAGE)]
    assert known.held("device-a", asked, 0, stream.places) == set(asked[:2])
    assert stream.read <= 3 * PAGE + 10 + 10  # the last that is known is looked at each time


def test_a_long_stream_that_is_being_read_holds_up_no_other(known: KnownIds) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slowly(start: int) -> Sequence[Place]:
        asked.set()
        assert go_on.wait(10)
        return [(0, event_id(0))][start:]

    found: list[set[bytes]] = []
    long = threading.Thread(target=lambda: found.append(known.held("device-a", [event_id(0)], 0, slowly)), name="long")
    long.start()
    assert asked.wait(10)
    other = threading.Thread(target=lambda: found.append(known.held("device-b", [event_id(0)], 0, lambda _: [])), name="other")
    other.start()
    other.join(5)
    assert found == [set()]
    go_on.set()
    long.join(10)


def test_a_read_that_breaks_off_is_gone_on_with_where_it_was(known: KnownIds) -> None:
    stream, starts = Stream(), []
    stream.grow(2 * PAGE + 1)

    def breaking(start: int) -> Sequence[Place]:
        starts.append(start)
        if len(starts) == 2:
            raise ConnectionError
        return stream.places(start)

    with pytest.raises(ConnectionError):
        known.held("device-a", [event_id(1)], 0, breaking)
    assert known.held("device-a", [event_id(2 * PAGE)], 0, breaking) == {event_id(2 * PAGE)}
    assert starts[:3] == [0, PAGE - 1, PAGE - 1]


def test_threads_that_ask_about_one_stream_together_find_the_same(known: KnownIds) -> None:
    stream, found = Stream(), []
    stream.grow(PAGE + 100)
    asked = [event_id(number) for number in range(0, PAGE + 200, 50)]
    threads = [
        threading.Thread(target=lambda start=start: found.append(known.held("device-a", asked, start, stream.places)))
        for start in (PAGE, 0, PAGE // 2, 10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == len(threads)
    assert set(asked) & set(stream.ids) in found
