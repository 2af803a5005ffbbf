"""Faults come at the rates asked for, by the seed, and only where they should."""

from collections import Counter
from math import sqrt
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.simulator.faults import Dice, Fault, FaultRates, spoil
from glasshouse.simulator.message import Message
from glasshouse.simulator.radio import Radio
from schema.metrics import METRICS
from tests.support.simulation import NO_FAULTS


def message(sequence: int, fault: Fault | None = None) -> Message:
    return Message(
        device="d", sequence=sequence, topic="t", payload=b"{}", kind="reading", correlation=b"%d" % sequence, fault=fault
    )


def test_each_fault_comes_at_its_rate() -> None:
    rates, throws = FaultRates(), 50_000
    dice = Dice(rates, Random(3))
    seen = Counter(dice.throw() for _ in range(throws))
    for fault, rate in rates.by_fault().items():
        assert abs(seen[fault] - rate * throws) < 5 * sqrt(rate * throws)


def test_the_same_seed_throws_the_same_faults() -> None:
    first, second = (Dice(FaultRates(dropped=0.5), Random(3)) for _ in range(2))
    assert [first.throw() for _ in range(200)] == [second.throw() for _ in range(200)]


def test_no_faults_means_none() -> None:
    dice = Dice(NO_FAULTS, Random(1))
    assert not any(dice.throw() for _ in range(1000))


def test_a_rate_of_one_hits_every_message() -> None:
    dice = Dice(msgspec.structs.replace(NO_FAULTS, malformed=1), Random(1))
    assert {dice.throw() for _ in range(100)} == {Fault.MALFORMED}


@pytest.mark.parametrize("rates", [FaultRates(dropped=-0.1), FaultRates(dropped=0.9, late=0.2)])
def test_rates_that_are_no_shares_are_refused(rates: FaultRates) -> None:
    with pytest.raises(ValueError, match="shares"):
        Dice(rates, Random(1))


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_a_value_out_of_range_is_out_of_its_metrics_range(metric: str) -> None:
    for seed in range(4):
        reading: dict[str, Any] = {metric: 1.0}
        spoil(reading, Fault.OUT_OF_RANGE, Random(seed))
        assert not METRICS[metric].low <= reading[metric] <= METRICS[metric].high


def test_nan_is_sent_as_the_bare_word_and_as_null() -> None:
    seen: set[bytes] = set()
    for seed in range(20):
        reading: dict[str, Any] = {"temperature": 1.0, "humidity": 2.0}
        spoil(reading, Fault.NAN, Random(seed))
        seen.update(msgspec.json.encode(value) for value in reading.values())
    assert seen == {b"NaN", b"null", b"1.0", b"2.0"}


faults = st.lists(st.sampled_from([None, Fault.LATE, Fault.OUT_OF_ORDER, Fault.DOUBLED]), max_size=60)


@given(faults)
def test_what_is_held_back_leaves_once_in_the_end(plan: list[Fault | None]) -> None:
    radio = Radio(Random(5))
    left = [m.sequence for number, fault in enumerate(plan) for m in radio.pass_on(message(number, fault))]
    left += [m.sequence for m in radio.rest()]
    assert sorted(left) == list(range(len(plan)))
    assert radio.rest() == []


def test_an_out_of_order_message_is_overtaken_by_the_next() -> None:
    radio = Radio(Random(5))
    assert radio.pass_on(message(1, Fault.OUT_OF_ORDER)) == []
    assert [m.sequence for m in radio.pass_on(message(2))] == [2, 1]


def test_a_late_message_is_overtaken_by_several() -> None:
    radio = Radio(Random(5))
    radio.pass_on(message(0, Fault.LATE))
    left = [m.sequence for number in range(1, 30) for m in radio.pass_on(message(number))]
    assert left.index(0) >= 5
