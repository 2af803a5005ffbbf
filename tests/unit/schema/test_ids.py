"""Ids: which names are allowed, and event ids that a redelivered message reproduces."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.ids import content_event_id, device_event_id, format_event_id, is_valid_id, parse_event_id


@pytest.mark.parametrize("text", ["a", "climate-1", "A.b_c-9", "0", "x" * 64])
def test_ids_are_letters_digits_and_a_few_marks(text: str) -> None:
    assert is_valid_id(text)


@pytest.mark.parametrize(
    "text", ["", "-a", ".a", "_a", "a b", "a/b", "a+", "#", "$SYS", "a\n", "a\x00", "é", "a\u202eb", "٣", "x" * 65]
)
def test_whatever_else_is_no_id(text: str) -> None:
    assert not is_valid_id(text)


@given(st.integers(-(2**40), 2**50), st.lists(st.text() | st.binary(), max_size=4))
def test_an_event_id_is_a_uuid_of_version_8_and_its_text_reads_back(milliseconds: int, parts: list[str | bytes]) -> None:
    event_id = content_event_id(milliseconds, *parts)
    as_uuid = uuid.UUID(bytes=event_id)
    assert (as_uuid.version, as_uuid.variant) == (8, uuid.RFC_4122)
    assert format_event_id(event_id) == str(as_uuid)
    assert parse_event_id(format_event_id(event_id)) == event_id


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1))
def test_ids_of_content_sort_by_event_time(first: int, second: int) -> None:
    ids = content_event_id(first, "a"), content_event_id(second, "b")
    if first != second:
        assert (ids[0] < ids[1]) == (first < second)


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_parts_do_not_run_into_one_another(first: list[str], second: list[str]) -> None:
    assert (content_event_id(1, *first) == content_event_id(1, *second)) == (first == second)


def test_an_id_of_the_devices_own_is_known_by_device_and_id_alone() -> None:
    assert device_event_id("a", "1") == device_event_id("a", "1")
    assert (
        len({device_event_id("a", "1"), device_event_id("b", "1"), device_event_id("a", "2"), device_event_id("a1", "")}) == 4
    )


@pytest.mark.parametrize("text", ["", "x", "0" * 31, "not-a-uuid"])
def test_what_is_no_uuid_is_no_event_id(text: str) -> None:
    with pytest.raises(ValueError, match="badly formed"):
        parse_event_id(text)
