"""Native readings: what each payload becomes, and what is not understood."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ingest.decoders.native import decode
from ingest.facts import Code, Fact, Flaw
from schema.events import Clock, Quality, SensorReading
from schema.ids import device_event_id
from tests.support.ingest import NOON_MS, NOW

TOPIC = "glasshouse/home/tomato-1/reading"


def facts(payload: object, topic: str = TOPIC) -> list[Fact]:
    raw = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    said = decode(topic, raw, NOW)
    assert all(isinstance(one, Fact) for one in said), said
    return [one for one in said if isinstance(one, Fact)]


def read(payload: object) -> SensorReading:
    (fact,) = facts(payload)
    assert isinstance(fact.event, SensorReading)
    return fact.event


def flaw(payload: object, topic: str = TOPIC) -> Flaw:
    raw = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    (said,) = decode(topic, raw, NOW)
    assert isinstance(said, Flaw), said
    return said


def test_a_full_reading_keeps_all_that_the_device_said() -> None:
    payload = b"""{"id": "r-7", "sensorId": "temp-1", "timestamp": "2024-06-01T13:00:00+02:00", "sentAt": 1717239605000,
        "seq": 7, "reading": {"temperature": 21.5, "humidity": 60}, "units": {"temperature": "degC"}, "quality": "suspected"}"""
    (fact,) = facts(payload)
    assert fact.id == device_event_id("tomato-1", "r-7")
    assert fact.event == SensorReading(
        device_id="tomato-1",
        sensor_id="temp-1",
        timestamp=datetime(2024, 6, 1, 11, 0, tzinfo=UTC),
        reading={"temperature": 21.5, "humidity": 60.0},
        units={"temperature": "degC", "humidity": "%"},
        quality=Quality.SUSPECTED,
        seq=7,
        sent_at=datetime(2024, 6, 1, 11, 0, 5, tzinfo=UTC),
    )


def test_the_least_reading_is_of_sensor_main_now() -> None:
    event = read({"reading": {"co2": 800}})
    assert (event.sensor_id, event.timestamp, event.quality, event.clock) == ("main", NOW, Quality.GOOD, Clock.OK)


@pytest.mark.parametrize(
    ("metric", "unit", "said", "canonical"),
    [
        ("temperature", "degF", 212.0, 100.0),
        ("temperature", "K", 273.15, 0.0),
        ("pressure", "kPa", 101.3, 1013.0),
        ("illuminance", "klx", 12.5, 12_500.0),
        ("humidity", "1", 0.6, 60.0),
        ("wind_speed", "km/h", 36.0, 10.0),
    ],
)
def test_a_value_is_stored_in_the_canonical_unit_of_its_metric(metric: str, unit: str, said: float, canonical: float) -> None:
    event = read({"reading": {metric: said}, "units": {metric: unit}})
    assert event.reading[metric] == pytest.approx(canonical)
    assert unit not in event.units.values()


def test_nan_and_null_are_missing_metrics_and_the_rest_stands() -> None:
    event = read(b'{"reading": {"temperature": NaN, "humidity": 55, "co2": null}}')
    assert event.reading == {"humidity": 55.0}
    assert event.missing == ("co2", "temperature")


def test_a_reading_whose_metrics_are_all_missing_is_stored_empty() -> None:
    event = read(b'{"reading": {"temperature": NaN}}')
    assert (event.reading, event.missing) == ({}, ("temperature",))


def test_nan_beside_a_number_of_any_length_is_still_a_missing_metric() -> None:
    event = read(b'{"reading": {"temperature": NaN, "co2": 100000000000000000000}, "seq": 9223372036854775807}')
    assert (event.reading, event.missing, event.seq) == ({"co2": 1e20}, ("temperature",), 2**63 - 1)


def test_the_word_nan_in_a_string_is_left_alone() -> None:
    assert read(b'{"sensorId": "NaN", "reading": {"temperature": NaN}}').sensor_id == "NaN"


@pytest.mark.parametrize(("value", "verdict"), [(754.0, "above_range"), (-94.0, "below_range")])
def test_an_implausible_value_is_stored_with_the_verdict(value: float, verdict: str) -> None:
    event = read({"reading": {"temperature": value, "humidity": 50}})
    assert event.reading["temperature"] == value
    assert event.verdicts == {"temperature": verdict}
    assert event.quality is Quality.GOOD


def test_plausibility_is_judged_in_the_canonical_unit() -> None:
    assert read({"reading": {"temperature": 100}, "units": {"temperature": "degF"}}).verdicts == {}


def test_an_unknown_metric_is_stored_with_the_unit_given_or_none() -> None:
    (fact,) = facts({"reading": {"leaf_wetness": 3, "sap_flow": 1.5}, "units": {"sap_flow": "g/h"}})
    assert isinstance(fact.event, SensorReading)
    assert fact.event.reading == {"leaf_wetness": 3.0, "sap_flow": 1.5}
    assert fact.event.units == {"sap_flow": "g/h"}
    assert fact.unknown == ("leaf_wetness", "sap_flow")


@pytest.mark.parametrize(
    ("timestamp", "clock"),
    [
        (NOON_MS, Clock.OK),
        ((NOW + timedelta(hours=1)).isoformat(), Clock.AHEAD),
        (0, Clock.UNSET),
        (-1, Clock.UNSET),
        ("9999-12-31T23:59:59Z", Clock.AHEAD),
    ],
)
def test_a_clock_that_cannot_be_right_is_kept_and_flagged(timestamp: object, clock: Clock) -> None:
    assert read({"timestamp": timestamp, "reading": {"temperature": 20}}).clock is clock


def test_epoch_milliseconds_and_rfc_3339_of_one_instant_give_one_event() -> None:
    (number,) = facts({"timestamp": NOON_MS, "reading": {"temperature": 20}})
    (text,) = facts({"timestamp": "2024-06-01T14:00:00+02:00", "reading": {"temperature": 20}})
    assert number.id == text.id
    assert number.event == text.event


def test_a_list_gives_a_fact_an_item_and_a_flaw_a_bad_one() -> None:
    raw = b' [{"reading": {"co2": 1}}, {"reading": {"co2": "1"}}, 7, {"reading": {"co2": NaN}}]'
    said = decode(TOPIC, raw, NOW)
    assert [type(one) for one in said] == [Fact, Flaw, Flaw, Fact]
    bad = said[1]
    assert isinstance(bad, Flaw)
    assert (bad.code, bad.reason) == (Code.WRONG_TYPE, 'item 1: co2 is "1", not a number')
    assert bad.raw is not None
    assert msgspec.json.decode(bad.raw) == {"reading": {"co2": "1"}}


def payload(**fields: Any) -> dict[str, Any]:
    return {"reading": {"temperature": 20}, **fields}


BAD: list[tuple[object, Code]] = [
    (b"", Code.EMPTY),
    (b"  ", Code.EMPTY),
    (b"21.5", Code.WRONG_TYPE),
    (b"hello", Code.MALFORMED_JSON),
    (b'{"reading": {"temperature": 21.5}', Code.MALFORMED_JSON),
    (b'{"reading": {"temperature": 21.5}} {}', Code.MALFORMED_JSON),
    (b'{"reading": {"temperature": 021.5}}', Code.MALFORMED_JSON),
    (b'{"reading": {"temperature": 21,5}}', Code.MALFORMED_JSON),
    (b'{"reading": {"temperature": 1}, "id": "a\x00b"}', Code.MALFORMED_JSON),
    (b'{"reading": {"temperature": 1}, "id": "\\ud800"}', Code.MALFORMED_JSON),
    (b"\xef\xbb\xbf{}", Code.MALFORMED_JSON),
    ('{"reading": {"temperature": 1}}'.encode("utf-16"), Code.NOT_UTF8),
    (b'{"reading": {"temperature": 1}, "id": "\xff"}', Code.NOT_UTF8),
    (b'{"reading": {"temperature": 1}, "note": "\xff"}', Code.NOT_UTF8),
    (b'{"reading": {"temperature": 1, "temperature": 2}}', Code.DUPLICATE_KEY),
    (b'{"reading": {"temperature": 1}, "reading": {"temperature": 1}}', Code.DUPLICATE_KEY),
    (b'{"reading": {"temperature": 1, "temperatur\\u0065": 2}}', Code.DUPLICATE_KEY),
    (b'{"reading": {"temperature": 1}, "note": {"a": 1, "a": 1}}', Code.DUPLICATE_KEY),
    (b'{"reading": {"temperature": 1}, "units": {"temperature": "K", "temperature": "degC"}}', Code.DUPLICATE_KEY),
    (b'{"reading": {"temperature": 1}, "seq": 1, "seq": 1}', Code.DUPLICATE_KEY),
    (b"[" * 200_000, Code.TOO_DEEP),
    (b'{"reading":' * 40_000, Code.TOO_DEEP),
    (b'{"reading": {"temperature": 1}, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", Code.TOO_DEEP),
    (b'{"reading": {"temperature": Infinity}}', Code.NOT_FINITE),
    (b'{"reading": {"temperature": -Infinity}}', Code.NOT_FINITE),
    (b'{"reading": {"temperature": 1e400}}', Code.NOT_FINITE),
    (b'{"reading": {"temperature": ' + b"9" * 5_000 + b"}}", Code.NOT_FINITE),
    (b'{"reading": {"illuminance": 1e308}, "units": {"illuminance": "klx"}}', Code.NOT_FINITE),
    ({"temperature": 21.5}, Code.MISSING_FIELD),
    ({"reading": {"temperature": True}}, Code.WRONG_TYPE),
    ({"reading": {"temperature": "21.5"}}, Code.WRONG_TYPE),
    ({"reading": {"temperature": [21.5]}}, Code.WRONG_TYPE),
    (b'{"reading": {"temperature": ' + b"[" * 900 + b"]" * 900 + b"}}", Code.WRONG_TYPE),
    ({"reading": [21.5]}, Code.WRONG_TYPE),
    ({"reading": None}, Code.WRONG_TYPE),
    (payload(sensorId=1), Code.WRONG_TYPE),
    (payload(id=1), Code.WRONG_TYPE),
    (payload(seq="1"), Code.WRONG_TYPE),
    (payload(seq=True), Code.WRONG_TYPE),
    (b'{"reading": {"temperature": 1}, "seq": 9223372036854775808}', Code.WRONG_TYPE),
    (payload(units=["degC"]), Code.WRONG_TYPE),
    (payload(quality="excellent"), Code.BAD_VALUE),
    (payload(timestamp="2024-06-01T12:00:00"), Code.TIME_WITHOUT_OFFSET),
    (payload(sentAt="2024-06-01T12:00:00"), Code.TIME_WITHOUT_OFFSET),
    (payload(timestamp="2024-02-30T12:00:00Z"), Code.BAD_TIME),
    (payload(timestamp="noon"), Code.BAD_TIME),
    (payload(timestamp=""), Code.BAD_TIME),
    (payload(timestamp=True), Code.BAD_TIME),
    (payload(timestamp=10**18), Code.BAD_TIME),
    (payload(timestamp="0001-01-01T00:00:00+14:00"), Code.BAD_TIME),
    (b'{"reading": {"temperature": 1}, "timestamp": 1e400}', Code.NOT_FINITE),
    (payload(units={"temperature": "furlong"}), Code.UNKNOWN_UNIT),
    (payload(units={"temperature": "hPa"}), Code.UNKNOWN_UNIT),
    (payload(units={"temperature": "\x1b[2J"}), Code.ID_NOT_ALLOWED),
    *(
        (payload(sensorId=name), Code.ID_NOT_ALLOWED)
        for name in ("", "a/b", "+", "#", "$SYS", "a\x00", "-a", "a" * 65, "\u202ea")
    ),
    (payload(id=""), Code.ID_NOT_ALLOWED),
    (payload(id="a\nb"), Code.ID_NOT_ALLOWED),
    (payload(id="\u202eabc"), Code.ID_NOT_ALLOWED),
    (payload(id="x" * 257), Code.ID_NOT_ALLOWED),
    ({"reading": {"": 1}}, Code.ID_NOT_ALLOWED),
    ({"reading": {"a\x00": 1}}, Code.ID_NOT_ALLOWED),
    ({"reading": {"x" * 65: 1}}, Code.ID_NOT_ALLOWED),
    ({"reading": {f"m{number}": 1 for number in range(65)}}, Code.TOO_MANY_METRICS),
    (b"[]", Code.EMPTY),
    (b"[" + b"1," * 5_000 + b"1]", Code.TOO_MANY_ITEMS),
]


@pytest.mark.parametrize(("bad", "code"), BAD)
def test_what_cannot_be_understood_is_a_flaw_with_its_reason(bad: object, code: Code) -> None:
    said = flaw(bad)
    assert said.code is code
    assert said.reason
    assert len(said.reason) < 300


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        ("glasshouse/home/tomato-1", Code.UNKNOWN_TOPIC),
        ("glasshouse/home/tomato-1/readings", Code.UNKNOWN_TOPIC),
        ("glasshouse/home/tomato-1/reading/extra", Code.UNKNOWN_TOPIC),
        ("other/home/tomato-1/reading", Code.UNKNOWN_TOPIC),
        ("glasshouse/home//reading", Code.ID_NOT_ALLOWED),
        ("glasshouse/ho me/tomato-1/reading", Code.ID_NOT_ALLOWED),
        ("glasshouse/home/$tomato/reading", Code.ID_NOT_ALLOWED),
        ("glasshouse/home/a+b/reading", Code.ID_NOT_ALLOWED),
        ("glasshouse/home/a#/reading", Code.ID_NOT_ALLOWED),
        ("glasshouse/home/tom\u200fato/reading", Code.ID_NOT_ALLOWED),
        ("glasshouse/home/tomato\n/reading", Code.ID_NOT_ALLOWED),
        ("glasshouse/home/" + "a" * 600 + "/reading", Code.UNKNOWN_TOPIC),
    ],
)
def test_a_topic_that_is_none_of_the_layout_is_a_flaw(topic: str, code: Code) -> None:
    assert flaw({"reading": {"temperature": 20}}, topic).code is code


def test_a_unit_is_checked_even_where_the_value_is_missing() -> None:
    assert flaw({"reading": {"temperature": None}, "units": {"temperature": "furlong"}}).code is Code.UNKNOWN_UNIT


def test_no_value_that_json_cannot_write_ever_passes() -> None:
    for event in (read(b'{"reading": {"temperature": -1.7976931348623157e308}}'), read(b'{"reading": {"co2": 1e-400}}')):
        assert all(math.isfinite(value) for value in event.reading.values())
