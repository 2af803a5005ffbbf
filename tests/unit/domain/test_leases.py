"""The book of leases: who stands against whom, from when on not any more, and what may be forgotten."""

import pytest

from domain.leases import MARGIN, LeaseBook, overlap
from schema.leases import LeaseReleased, LeaseRenewed, LeaseTaken

SPAN = 10.0


def taken(holder: str, fencing: int, *owns: str) -> LeaseTaken:
    return LeaseTaken(role="ingest", owns=owns or ("+",), holder=holder, fencing=fencing, span_seconds=SPAN)


def renewed(holder: str, fencing: int, *owns: str) -> LeaseRenewed:
    return LeaseRenewed(role="ingest", owns=owns or ("+",), holder=holder, fencing=fencing, span_seconds=SPAN)


def released(holder: str, fencing: int) -> LeaseReleased:
    return LeaseReleased(role="ingest", holder=holder, fencing=fencing)


@pytest.mark.parametrize(
    ("some", "others", "clash"),
    [(["+"], ["north"], True), (["north"], ["+"], True), (["north"], ["north", "south"], True), (["north"], ["south"], False)],
)
def test_all_sites_overlap_with_each_and_a_site_with_itself(some: list[str], others: list[str], clash: bool) -> None:
    assert overlap(some, others) is clash


def test_a_lease_stands_for_longer_than_its_span_since_clocks_do_not_run_alike() -> None:
    book = LeaseBook()
    book.take_in(0, taken("a", 0), now=100.0)
    assert book.rivals("b", ["+"], now=100.0 + SPAN * (1 + MARGIN / 2))
    assert not book.rivals("b", ["+"], now=100.0 + SPAN * (1 + MARGIN))
    book.take_in(1, renewed("a", 0), now=112.0)
    assert book.rivals("b", ["+"], now=113.0)


def test_nobody_is_his_own_rival() -> None:
    book = LeaseBook()
    book.take_in(0, taken("a", 0), now=0.0)
    assert not book.rivals("a", ["+"], now=0.0)


def test_what_is_released_is_free_at_once_and_what_is_taken_over_is_its_holders_no_more() -> None:
    book = LeaseBook()
    book.take_in(0, taken("a", 0, "north"), now=0.0)
    book.take_in(1, taken("b", 1, "south"), now=0.0)
    book.take_in(2, released("a", 0), now=0.0)
    assert not book.rivals("c", ["north"], now=0.0)
    book.take_in(3, taken("c", 3, "south", "west"), now=0.0)
    assert not book.holds(1)
    assert book.holds(3)


def test_after_an_outage_of_the_log_every_wait_begins_anew() -> None:
    book = LeaseBook()
    book.take_in(0, taken("a", 0), now=0.0)
    book.doubt(now=50.0)
    assert book.rivals("b", ["+"], now=60.0)


def test_fencing_numbers_grow_also_where_the_beginning_of_the_stream_is_gone() -> None:
    book = LeaseBook()
    book.skip_to(41)
    assert book.next_fencing() == 42
    copied = LeaseBook()
    copied.take_in(0, renewed("a", 99), now=0.0)
    assert copied.next_fencing() == 100


def test_what_tells_of_a_lease_that_stands_is_needed_and_what_lapsed_is_not() -> None:
    book = LeaseBook()
    book.take_in(0, taken("a", 0, "north"), now=0.0)
    book.take_in(1, taken("b", 1, "south"), now=0.0)
    for revision in range(2, 9):
        book.take_in(revision, renewed("b", 1, "south"), now=float(revision))
    assert book.needed_from(now=8.0) == 0
    assert book.needed_from(now=12.0) == 8
    assert LeaseBook().needed_from(now=0.0) == -1


def test_an_event_of_a_later_version_changes_nothing_but_the_place() -> None:
    book = LeaseBook()
    book.take_in(0, taken("a", 0), now=0.0)
    book.take_in(1, None, now=0.0)
    assert (book.revision, book.holds(0)) == (1, True)
