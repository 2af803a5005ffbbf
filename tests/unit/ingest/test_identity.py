"""Event ids: equal for every delivery of one message, different for two readings."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoders.native import decode
from ingest.facts import Fact
from tests.support.ingest import NOON_MS, NOW

BASE: dict[str, Any] = {
    "timestamp": NOON_MS,
    "reading": {"temperature": 20.5, "humidity": 60.0},
    "units": {"temperature": "degC"},
}


def event_id(payload: dict[str, Any] | bytes, device: str = "tomato-1") -> bytes | None:
    raw = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    (fact,) = decode(f"glasshouse/home/{device}/reading", raw, NOW)
    assert isinstance(fact, Fact), fact
    return fact.id


def test_whitespace_key_order_and_the_time_of_sending_do_not_change_an_id() -> None:
    spaced = msgspec.json.format(msgspec.json.encode(dict(reversed(BASE.items()))), indent=4)
    assert event_id(BASE) == event_id(spaced) == event_id({**BASE, "sentAt": NOON_MS + 5})


@pytest.mark.parametrize(
    "changed",
    [
        {"timestamp": NOON_MS + 1},
        {"seq": 1},
        {"sensorId": "other"},
        {"reading": {"temperature": 20.6, "humidity": 60.0}},
        {"reading": {"temperature": 20.5}},
        {"reading": {"temperature": 20.5, "humidity": None}},
        {"units": {"temperature": "K"}},
        {"quality": "bad"},
    ],
)
def test_another_reading_of_the_same_instant_has_another_id(changed: dict[str, Any]) -> None:
    assert event_id(BASE) != event_id({**BASE, **changed})


def test_the_same_reading_of_another_device_has_another_id() -> None:
    assert event_id(BASE) != event_id(BASE, "tomato-2")


def test_an_id_of_the_devices_own_is_all_that_counts() -> None:
    assert event_id({**BASE, "id": "r-1"}) == event_id({"id": "r-1", "reading": {"co2": 400}})


def test_ids_follow_the_devices_time() -> None:
    ids = [event_id({**BASE, "timestamp": NOON_MS + minute * 60_000}) for minute in range(20)]
    assert ids == sorted(ids, key=lambda one: one or b"")


def test_a_reading_with_neither_id_nor_time_nor_sequence_has_no_id_yet() -> None:
    assert event_id({"reading": {"temperature": 20}}) is None
    assert event_id({"seq": 1, "reading": {"temperature": 20}}) is not None


REWRITES: list[Callable[[bytes], bytes]] = [
    lambda raw: raw,
    lambda raw: msgspec.json.format(raw, indent=2),
    lambda raw: msgspec.json.encode(dict(reversed(msgspec.json.decode(raw).items()))),
]


@given(
    values=st.dictionaries(
        st.sampled_from(["temperature", "humidity", "co2", "odd"]), st.none() | st.floats(allow_nan=False, allow_infinity=False)
    ),
    seq=st.none() | st.integers(min_value=-(2**63), max_value=2**63 - 1),
    rewrite=st.sampled_from(REWRITES),
)
def test_however_a_reading_is_written_it_has_the_same_id(
    values: dict[str, float | None], seq: int | None, rewrite: Callable[[bytes], bytes]
) -> None:
    raw = msgspec.json.encode({"timestamp": NOON_MS, "reading": values, "seq": seq})
    assert event_id(raw) == event_id(rewrite(raw))
