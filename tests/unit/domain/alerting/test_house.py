"""The whole house under its rules: devices are known as the log tells of them, and alerts have names that last."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from domain.alerting.house import HouseState, RuledHouse, alert_id, kind_of
from domain.alerting.points import KEPT
from domain.alerting.watch import Word
from schema.events import (
    DeviceMetadata,
    DeviceRetired,
    Event,
    Operation,
    Quality,
    ReadingCorrection,
    SensorReading,
    SiteDefined,
)
from schema.rules import ActiveHours, AlertRuleDefined, Anomaly, Basis, Condition, Rate, Silence, Threshold, Trend, Where
from schema.times import to_micros

EVERYWHERE = Where()
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Told:
    """A house, and what it was told by which minute after noon."""

    def __init__(self) -> None:
        self.house = RuledHouse(HouseState())
        self.number = 0

    def tell(self, event: Event, minute: float = 0, site: str | None = "north") -> list[Word]:
        self.number += 1
        recorded_us = to_micros(NOON + timedelta(minutes=minute))
        outputs = self.house.take(self.number.to_bytes(16, "big"), event, site=site, recorded_us=recorded_us)
        return [output.said.word for output in outputs]

    def pass_to(self, minute: float) -> list[Word]:
        return [output.said.word for output in self.house.passed(to_micros(NOON + timedelta(minutes=minute)))]

    def measure(self, value: float, minute: float = 0, site: str | None = "north") -> list[Word]:
        at = NOON + timedelta(minutes=minute)
        return self.tell(SensorReading(device_id="box", sensor_id="main", timestamp=at, reading={"co2": value}), minute, site)


def too_much(where: Where = EVERYWHERE, hours: ActiveHours | None = None) -> AlertRuleDefined:
    condition = Threshold(metric="co2", above=1000.0)
    return AlertRuleDefined(rule_id="co2", name="Too much CO2", condition=condition, where=where, hours=hours)


def test_a_rule_of_a_site_hears_the_devices_that_speak_from_there() -> None:
    told = Told()
    told.tell(too_much(Where(site_id="south")))
    assert told.measure(1200.0) == []
    moved = DeviceMetadata(device_id="box", location="south/house-1")
    told.tell(moved, 1)
    assert told.measure(1300.0, 2) == [Word.RAISED]


def test_the_hours_of_a_rule_are_those_of_the_site_even_where_its_zone_is_told_later() -> None:
    told = Told()
    told.tell(too_much(hours=ActiveHours(start="13:00", end="14:00")))
    assert told.measure(1200.0) == []
    told.tell(SiteDefined(site_id="north", time_zone="Europe/Rome"), 1)
    assert told.measure(1200.0, 2) == [Word.RAISED]


def called_bad() -> SensorReading:
    return SensorReading(device_id="box", sensor_id="main", timestamp=NOON, reading={"co2": 1200.0}, quality=Quality.BAD)


def instead(amount: float) -> ReadingCorrection:
    return ReadingCorrection(
        device_id="box", correction_id="c", metric="co2", operation=Operation.REPLACE, amount=amount, reason="read by hand"
    )


def test_what_a_device_calls_bad_itself_breaks_no_rule_and_is_a_word_all_the_same() -> None:
    told = Told()
    told.tell(too_much())
    told.tell(AlertRuleDefined(rule_id="quiet", name="Quiet", condition=Silence(), for_seconds=600))
    assert told.tell(called_bad()) == []
    assert told.pass_to(11) == [Word.RAISED]
    assert told.measure(1200.0, 12) == [Word.CLEARED, Word.RAISED]


@pytest.mark.parametrize(
    "condition", [Threshold(metric="co2", above=1000.0), Threshold(metric="co2", above=1000.0, basis=Basis.MINUTES)]
)
@pytest.mark.parametrize("is_decided_first", [True, False])
def test_what_a_device_calls_bad_counts_as_a_correction_says_instead(condition: Condition, *, is_decided_first: bool) -> None:
    told = Told()
    told.tell(AlertRuleDefined(rule_id="co2", name="CO2", condition=condition))
    known: Sequence[Event] = (
        [instead(1100.0), called_bad()] if is_decided_first else [called_bad(), called_bad(), instead(1100.0)]
    )
    said = [word for event in known for word in told.tell(event)]
    assert said + told.pass_to(1) == [Word.RAISED]
    undone = ReadingCorrection(device_id="box", correction_id="u", metric="co2", operation=Operation.RESTORE, reason="a slip")
    assert told.tell(undone, 2) == [Word.REFUTED]


@pytest.mark.parametrize("operation", [Operation.SCALE, Operation.OFFSET])
def test_what_a_device_calls_bad_is_not_made_good_by_a_correction_of_it(operation: Operation) -> None:
    told = Told()
    told.tell(too_much())
    told.tell(called_bad())
    more = ReadingCorrection(
        device_id="box", correction_id="c", metric="co2", operation=operation, amount=2.0, reason="it shows too little"
    )
    assert told.tell(more, 1) == []


def retired(minute: float | None) -> DeviceRetired:
    at = None if minute is None else NOON + timedelta(minutes=minute)
    return DeviceRetired(device_id="box", at=at, reason="the season is over")


def test_the_silence_of_a_device_that_is_out_of_service_means_nothing() -> None:
    told = Told()
    told.tell(AlertRuleDefined(rule_id="quiet", name="Quiet", condition=Silence(), for_seconds=600))
    told.measure(900.0)
    assert told.tell(retired(5), 5) == []
    assert told.pass_to(30) == []
    assert told.tell(retired(None), 40) == []
    assert told.pass_to(55) == []  # what it did not say meanwhile is not held against it
    told.measure(900.0, 60)
    assert told.pass_to(71) == [Word.RAISED]
    assert told.tell(retired(72), 72) == [Word.WITHDRAWN]
    assert RuledHouse(deepcopy(told.house.state)).passed(to_micros(NOON + timedelta(minutes=75))) == []
    told.measure(900.0, 80)
    assert told.pass_to(120) == []


@pytest.mark.parametrize(("minute", "words"), [(10, []), (11, [Word.RAISED, Word.WITHDRAWN])])
def test_a_device_that_is_to_go_out_of_service_is_silent_until_then(minute: float, words: list[Word]) -> None:
    told = Told()
    told.tell(AlertRuleDefined(rule_id="quiet", name="Quiet", condition=Silence(), for_seconds=600))
    told.measure(900.0)
    told.tell(retired(minute), 1)
    assert told.pass_to(60) == words


def test_an_alert_of_a_silent_device_is_over_once_that_is_out_of_service() -> None:
    told = Told()
    told.tell(AlertRuleDefined(rule_id="quiet", name="Quiet", condition=Silence(), for_seconds=600))
    told.measure(900.0)
    assert told.pass_to(12) == [Word.RAISED]
    assert told.tell(retired(20), 15) == []
    assert told.pass_to(19) == []
    assert told.pass_to(20) == [Word.WITHDRAWN]
    assert told.tell(retired(None), 30) + told.pass_to(60) == []


def test_a_device_that_stays_in_service_longer_than_was_decided_first_is_silent_all_the_same() -> None:
    told = Told()
    told.tell(AlertRuleDefined(rule_id="quiet", name="Quiet", condition=Silence(), for_seconds=600))
    told.tell(retired(8))
    told.measure(900.0, 1)
    told.tell(retired(60), 6)
    assert told.pass_to(30) == [Word.RAISED]


def test_readings_that_are_excluded_for_ever_are_let_go_as_others_are() -> None:
    told = Told()
    told.tell(too_much())
    told.measure(900.0)
    broken = ReadingCorrection(
        device_id="box", correction_id="c", metric="co2", operation=Operation.EXCLUDE, reason="a broken sensor"
    )
    told.tell(broken)
    for minute in range(1, 2 * KEPT):
        told.measure(900.0, minute)
    one = told.house.state.evaluator.listeners["box"]["main", "co2"]
    assert one is not None
    assert len(one.series.points.kept) == KEPT


def test_a_correction_refutes_an_alert() -> None:
    told = Told()
    told.tell(too_much())
    assert told.measure(1200.0) == [Word.RAISED]
    correction = ReadingCorrection(
        device_id="box", correction_id="c", metric="co2", operation=Operation.SCALE, amount=0.5, reason="doubled"
    )
    assert told.tell(correction, 1) == [Word.REFUTED]


@pytest.mark.parametrize("amount", [1e13, 1.7e308])
@pytest.mark.parametrize("condition", [
    Threshold(metric="co2", above=1000.0),
    Threshold(metric="co2", above=1000.0, basis=Basis.MINUTES),
    Anomaly(metric="co2"),
])  # fmt: skip
def test_a_correction_to_what_cannot_be_raises_nothing_and_can_be_remembered(condition: Condition, amount: float) -> None:
    told = Told()
    told.tell(AlertRuleDefined(rule_id="co2", name="CO2", condition=condition))
    said = [word for minute in range(3) for word in told.measure(500.0, minute)]
    wrong = ReadingCorrection(
        device_id="box", correction_id="c", metric="co2", operation=Operation.REPLACE, amount=amount, reason="a slip"
    )
    said += told.tell(wrong, 4) + told.measure(500.0, 5) + told.measure(500.0, 90)
    assert said == []
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(told.house.state), type=HouseState) == told.house.state


def test_an_alert_has_one_name_for_ever_and_each_another() -> None:
    names = set()
    for _ in range(2):
        told = Told()
        told.tell(too_much())
        for minute, value in enumerate([1200.0, 400.0, 400.0, 1200.0]):
            at = NOON + timedelta(minutes=20 * minute)
            reading = SensorReading(device_id="box", sensor_id="main", timestamp=at, reading={"co2": value})
            for output in told.house.take(bytes([minute] * 16), reading, site="north", recorded_us=to_micros(at)):
                names.add(alert_id(output.subject, output.said.alert))
    assert len(names) == 2


def test_alerts_are_called_by_what_they_are_about() -> None:
    conditions: list[Condition] = [
        Threshold(metric="temperature"),
        Rate(metric="soil_moisture"),
        Trend(metric="humidity"),
        Anomaly(metric="vapour_pressure_deficit"),
        Silence(),
    ]
    kinds = [kind_of(AlertRuleDefined(rule_id="r", name="r", condition=condition)) for condition in conditions]
    assert kinds == [
        "TemperatureAlert",
        "SoilMoistureRateAlert",
        "HumidityTrendAlert",
        "VapourPressureDeficitAnomalyAlert",
        "DeviceSilent",
    ]
