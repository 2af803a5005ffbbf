"""What is forgotten where more is remembered than should be."""

from hypothesis import given
from hypothesis import strategies as st

from domain.forgetting import surplus

KNOWN = st.dictionaries(st.text(max_size=3), st.booleans(), max_size=60)


@given(KNOWN, st.integers(1, 40))
def test_what_is_forgotten_brings_it_to_the_bound_those_that_are_over_first(known: dict[str, bool], most: int) -> None:
    gone = surplus(known, most, lambda over: over)
    left = {name: over for name, over in known.items() if name not in gone}
    assert len(left) <= most + most // 20
    assert len(left) == most or not gone
    assert not any(left.values()) or all(known[name] for name in gone)


def test_of_those_alike_the_oldest_go_first() -> None:
    assert surplus({"a": False, "b": True, "c": False, "d": True}, 1, lambda over: over) == ["b", "d", "a"]
