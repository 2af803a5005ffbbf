"""Cursors: what was given out reads back, and nothing else is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.envelope import Cursor, InvalidCursorError, Position


@given(st.text(alphabet=st.characters(codec="ascii", min_codepoint=33), min_size=1), st.none() | st.integers(0, 2**63 - 1))
def test_a_cursor_reads_back(log_id: str, position: int | None) -> None:
    cursor = Cursor(log_id, None if position is None else Position(position))
    assert Cursor.decode(cursor.encode()) == cursor


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_other_text_is_refused_or_is_a_cursor_that_can_be_written(text: str) -> None:
    try:
        found = Cursor.decode(text)
    except InvalidCursorError:
        return
    assert Cursor.decode(found.encode()) == found


@pytest.mark.parametrize("text", ["", "x", "=", "OjE", "YTotMQ", "YTp4", "é"])
def test_near_misses_are_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError, match="is not a cursor"):
        Cursor.decode(text)
