"""A body that comes in pieces is the same lines and the same bytes, wherever it was cut, packed or not."""

import collections
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.transports.bodies import HttpRefused
from api.transports.items import Gunzip, Lines

cuts = st.lists(st.integers(0, 200), max_size=8).map(sorted)


def pieces(body: bytes, at: list[int]) -> list[bytes]:
    return [body[start:end] for start, end in zip([0, *at], [*at, len(body)], strict=True)]


@given(st.lists(st.sampled_from([b"a", b"bc", b"", b" ", b"\r"])), cuts)
def test_lines_are_the_same_wherever_the_body_was_cut(parts: list[bytes], at: list[int]) -> None:
    body, cut = b"\n".join(parts), Lines(10)
    found = [line for piece in [*pieces(body, [min(one, len(body)) for one in at]), b"\n"] for line in cut.feed(piece)]
    assert found == [part.strip() for part in parts if part.strip()]


@given(st.lists(st.integers(1, 30), min_size=1), cuts)
def test_a_line_that_is_too_long_is_named_wherever_the_body_was_cut(lengths: list[int], at: list[int]) -> None:
    body, cut = b"\n".join(b"x" * length for length in lengths), Lines(20)
    first = next((number for number, length in enumerate(lengths, 1) if length > 20), None)
    parts = pieces(body, [min(one, len(body)) for one in at])
    if first is None:
        assert sum(1 for piece in parts for _ in cut.feed(piece)) == len(lengths) - 1
        return
    with pytest.raises(HttpRefused, match=f"line {first}:"):
        collections.deque((line for piece in parts for line in cut.feed(piece)), maxlen=0)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=3), cuts)
def test_gzip_of_several_members_is_the_same_wherever_it_was_cut(members: list[bytes], at: list[int]) -> None:
    packed, unpack = b"".join(map(gzip.compress, members)), Gunzip()
    found = [piece for part in pieces(packed, [min(one, len(packed)) for one in at]) for piece in unpack.feed(part)]
    unpack.finish()
    assert b"".join(found) == b"".join(members)


@given(st.integers(1, 200))
def test_a_gzip_that_is_cut_short_is_never_taken_for_a_whole_one(missing: int) -> None:
    packed, unpack = gzip.compress(bytes(range(256))), Gunzip()
    list(unpack.feed(packed[: max(0, len(packed) - missing)]))
    with pytest.raises(HttpRefused, match="ends too early"):
        unpack.finish()


def test_a_bomb_comes_in_small_pieces() -> None:
    assert max(map(len, Gunzip().feed(gzip.compress(b"\0" * 5_000_000)))) <= 65_536
