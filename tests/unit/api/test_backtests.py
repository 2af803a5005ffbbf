"""A back-test holds a rule against the past: as it is known now, or as it came."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from api.limits import Limits
from projections import replayed
from schema.events import DeviceMetadata, DeviceRetired, Operation, Quality, ReadingCorrection, SiteDefined
from schema.times import to_micros
from tests.support.alert_events import cleared_alert, raised_alert
from tests.support.api import House, small_house
from tests.support.house_events import at, pack, reading
from tests.support.memory_log import MemoryLog

ASK = """query ($rule: AlertRuleInput!, $to: DateTime!, $basis: BacktestBasis!) {
  backtest(rule: $rule, from: "2026-06-01T00:00:00Z", to: $to, basis: $basis) {
    basis total refuted series lookedAt devices { deviceId alerts }
    alerts { kind severity deviceId sensorId metric since raised ended cleared value refuted } } }"""
HOT = {"metric": "temperature", "above": 30}
MORNING = 6 * 3600
WAYS = ["AS_CORRECTED", "AS_KNOWN"]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose devices hand in at six in the morning what they measured before."""
    async with small_house(tmp_path, log=MemoryLog(start_us=to_micros(at(MORNING)))) as built:
        yield built


def variables(basis: str, to: str = "2026-06-01T12:00:00Z", **rule: Any) -> dict[str, Any]:
    condition: dict[str, Any] = {} if rule.keys() & {"rate", "trend", "anomaly", "silence"} else {"threshold": HOT}
    return {"rule": {"ruleId": "hot", "name": "Too hot", **condition, **rule}, "to": to, "basis": basis}


async def back_test(house: House, basis: str, **rule: Any) -> Any:
    return (await house.ask(ASK, variables(basis, **rule)))["backtest"]


def warm(device: str, minute: float, value: float, **more: Any) -> Any:
    return reading(device, minute * 60, temperature=value, **more)


@pytest.mark.parametrize("basis", WAYS)
async def test_it_tells_the_alerts_that_the_rule_would_have_raised(house: House, basis: str) -> None:
    await house.says([warm("a", minute, 31.0 if 10 <= minute < 20 else 20.0) for minute in range(40)])
    await house.says([warm("b", 5, 32.0)])
    found = await back_test(house, basis, **{"for": "PT5M"}, severity="CRITICAL")
    assert found["basis"] == basis
    assert found["alerts"][1] == {
        "kind": "TemperatureAlert",
        "severity": "CRITICAL",
        "deviceId": "a",
        "sensorId": "main",
        "metric": "temperature",
        "since": "2026-06-01T00:10:00Z",
        "raised": "2026-06-01T00:15:00Z",
        "ended": "2026-06-01T00:20:00Z",
        "cleared": "2026-06-01T00:20:00Z",
        "value": 31.0,
        "refuted": False,
    }
    assert found["alerts"][0]["ended"] is None
    assert (found["total"], found["series"], found["lookedAt"]) == (2, 2, 41)
    assert found["devices"] == [{"deviceId": "a", "alerts": 1}, {"deviceId": "b", "alerts": 1}]


async def test_what_was_corrected_since_was_an_alert_only_as_it_was_known(house: House) -> None:
    await house.says([warm("a", minute, 40.0) for minute in range(5)])
    halved = ReadingCorrection(
        device_id="a", correction_id="c", metric="temperature", operation=Operation.SCALE, amount=0.5, reason="doubled"
    )
    await house.says([pack("control-a", halved)])
    assert (await back_test(house, "AS_CORRECTED"))["total"] == 0
    as_known = await back_test(house, "AS_KNOWN")
    assert (as_known["total"], as_known["refuted"], as_known["alerts"][0]["refuted"]) == (1, 1, True)


async def test_a_late_reading_is_in_its_place_once_it_is_known(house: House) -> None:
    await house.says([warm("a", 0, 31.0), warm("a", 10, 31.0), warm("a", 5, 20.0), warm("a", 11, 20.0)])
    assert (await back_test(house, "AS_CORRECTED", **{"for": "PT10M"}))["total"] == 0
    as_known = await back_test(house, "AS_KNOWN", **{"for": "PT10M"})
    assert (as_known["total"], as_known["refuted"]) == (1, 1)


@pytest.mark.parametrize("basis", WAYS)
async def test_an_index_is_held_against_limits_too(house: House, basis: str) -> None:
    await house.says([reading("a", minute * 60, temperature=25.0, humidity=95.0) for minute in range(5)])
    [alert] = (await back_test(house, basis, threshold={"metric": "dew_point", "above": 20}))["alerts"]
    assert (alert["kind"], alert["metric"], alert["value"]) == ("DewPointAlert", "dew_point", pytest.approx(24.1, abs=0.1))


@pytest.mark.parametrize("basis", WAYS)
async def test_an_hour_unlike_the_days_before_is_told_as_an_anomaly(house: House, basis: str) -> None:
    house.now = at(10 * 86_400)
    odd = (8 * 24 + 12, 8 * 24 + 13)  # one alone would be a spike
    await house.says([warm("a", hour * 60, 35.0 if hour in odd else 20.0) for hour in range(9 * 24)])
    found = await back_test(house, basis, anomaly={"metric": "temperature"}, to="2026-06-11T00:00:00Z")
    [alert] = found["alerts"]
    assert (alert["kind"], alert["since"], alert["ended"]) == (
        "TemperatureAnomalyAlert", "2026-06-09T13:00:00Z", "2026-06-09T15:00:00Z",
    )  # fmt: skip
    assert alert["value"] == (10.0 if basis == "AS_CORRECTED" else 35.0)
    anomalies = (await house.ask("{ anomalies { nodes { start severity } } }"))["anomalies"]["nodes"]
    assert {(one["start"], one["severity"]) for one in anomalies} == {
        ("2026-06-09T12:00:00Z", "CRITICAL"),
        ("2026-06-09T13:00:00Z", "CRITICAL"),
    }


@pytest.mark.parametrize("basis", WAYS)
async def test_silence_is_told_of_a_device_and_a_pause_of_one_sensor_is_none(house: House, basis: str) -> None:
    said = [warm("a", minute, 20.0, sensor="one" if minute % 2 else "two") for minute in range(0, 60, 2)]
    await house.says([*said, warm("a", 180, 20.0), warm("a", 181, 20.0)])
    found = await back_test(house, basis, silence=True, to="2026-06-01T03:05:00Z", **{"for": "PT10M"})
    if basis == "AS_CORRECTED":  # as known it is a matter of our clock
        assert [(one["kind"], one["since"], one["ended"], one["sensorId"]) for one in found["alerts"]] == [
            ("DeviceSilent", "2026-06-01T00:58:00Z", "2026-06-01T03:00:00Z", None)
        ]
    assert found["series"] == 1


@pytest.mark.parametrize("basis", WAYS)
async def test_the_silence_of_a_device_that_is_out_of_service_is_none(house: House, basis: str) -> None:
    house.now = at(12 * 3600)
    await house.says([warm("a", minute, 20.0) for minute in range(5)] + [warm("b", minute, 20.0) for minute in range(5)])
    await house.says([pack("control-a", DeviceRetired(device_id="a", at=at(7 * 60), reason="the season is over"))])
    found = await back_test(house, basis, silence=True, **{"for": "PT10M"})
    assert [one["deviceId"] for one in found["alerts"]] == ["b"]


@pytest.mark.parametrize("basis", WAYS)
async def test_what_a_device_says_out_of_service_makes_no_silence_of_the_time_before(house: House, basis: str) -> None:
    house.now = at(12 * 3600)
    await house.says([warm("a", minute, 20.0) for minute in range(5)])
    await house.says([pack("control-a", DeviceRetired(device_id="a", at=at(7 * 60), reason="the season is over"))])
    await house.says([warm("a", 60, 20.0), warm("a", 120, 20.0)])
    assert (await back_test(house, basis, silence=True, **{"for": "PT10M"}))["total"] == 0


@pytest.mark.parametrize("basis", WAYS)
async def test_what_a_device_calls_bad_itself_breaks_no_rule(house: House, basis: str) -> None:
    await house.says([warm("a", 0, 35.0, quality=Quality.BAD), warm("b", 0, 35.0, quality=Quality.SUSPECTED)])
    assert [one["deviceId"] for one in (await back_test(house, basis))["alerts"]] == ["b"]


@pytest.mark.parametrize("basis", WAYS)
async def test_what_was_put_in_the_place_of_what_a_device_calls_bad_breaks_rules(house: House, basis: str) -> None:
    await house.says([warm("a", 0, 20.0, quality=Quality.BAD)])
    instead = ReadingCorrection(
        device_id="a", correction_id="c", metric="temperature", operation=Operation.REPLACE, amount=35.0, reason="read by hand"
    )
    await house.says([pack("control-a", instead)])
    assert (await back_test(house, basis))["total"] == 1


async def test_values_that_are_bad_or_beyond_the_time_asked_break_no_rule(house: House) -> None:
    await house.says([warm("a", 0, 900.0), warm("a", 1, 20.0), warm("a", 800, 35.0)])
    assert (await back_test(house, "AS_CORRECTED"))["total"] == 0


@pytest.mark.parametrize("basis", WAYS)
async def test_it_is_about_what_the_rule_is_about(house: House, basis: str) -> None:
    await house.says([pack("site-farm", SiteDefined(site_id="farm", time_zone="Europe/Rome"))])
    await house.says([pack("control-a", DeviceMetadata(device_id="a", location="farm/house-1", device_type="climate"))])
    await house.says([warm(device, 90, 31.0) for device in ("a", "b")])
    for where, devices in (
        ({"location": "farm/house-1"}, ["a"]),
        ({"siteId": "farm"}, ["a", "b"]),
        ({"deviceType": "climate"}, ["a"]),
        ({"deviceId": "b"}, ["b"]),
        ({"sensorId": "other"}, []),
    ):
        found = await back_test(house, basis, where=where)
        assert [one["deviceId"] for one in found["devices"]] == devices, where
    assert (await back_test(house, basis, hours={"start": "03:00", "end": "04:00"}))["total"] == 2
    assert (await back_test(house, basis, hours={"start": "01:00", "end": "02:00"}))["total"] == 0


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"threshold": None}, "exactly one of"),
        ({"threshold": HOT, "silence": True}, "exactly one of"),
        ({"threshold": {"metric": "temperature"}}, "above or below must be given"),
        ({"threshold": {"metric": "warmth", "above": 1}}, "metric must be one that has a unit"),
        ({"threshold": {"metric": "growing_degree_days", "above": 1}}, "of whole days"),
        ({"threshold": {"metric": "co2", "above": 1, "below": 2}}, "must not be more than"),
        ({"threshold": {"metric": "co2", "above": 3, "below": 1, "hysteresis": 2}}, "half the way"),
        ({"threshold": {"metric": "co2", "above": 3, "hysteresis": -1}}, "not be negative"),
        ({"rate": {"metric": "co2", "above": 3, "over": "PT90S"}}, "over must be whole minutes"),
        ({"trend": {"metric": "co2", "above": 3, "window": "PT7H"}}, "window must be whole minutes"),
        ({"anomaly": {"metric": "opening"}}, "one that has a usual hour"),
        ({"anomaly": {"metric": "warmth"}}, "metric must be one that has a unit"),
        ({"silence": True}, "for must say"),
        ({"silence": True, "for": "PT1H", "where": {"sensorId": "a"}}, "where.sensorId must be left out"),
        ({"silence": True, "for": "PT1H", "hours": {}}, "hours must be left out"),
        ({"silence": True, "for": "PT1H", "clearFor": "PT1M"}, "clearFor must be left out"),
        ({"silence": True, "for": "PT1H", "evaluateBackfill": True}, "evaluateBackfill must be left out"),
        ({"for": "P8D"}, "for must be between"),
        ({"hours": {"start": "25:00"}}, "hours.start must be a time of day"),
        ({"hours": {"days": [7]}}, "hours.days"),
        ({"where": {"siteId": "no site"}}, "where.siteId must be"),
        ({"name": " "}, "name must be"),
    ],
)
async def test_a_rule_that_is_none_is_refused_in_words(house: House, rule: dict[str, Any], says: str) -> None:
    given = variables("AS_CORRECTED", **rule)
    if "silence" in rule and "threshold" not in rule:
        given["rule"].pop("threshold", None)
    [error] = (await house.answer(ASK, given))["errors"]
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert says in error["message"]


@pytest.mark.parametrize("basis", WAYS)
async def test_no_more_readings_are_looked_at_than_may_be(tmp_path: Path, basis: str) -> None:
    async with small_house(tmp_path, limits=Limits(tested_rows=9)) as house:
        await house.says([warm("a", minute, 20.0) for minute in range(10)])
        [error] = (await house.answer(ASK, variables(basis)))["errors"]
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
        assert error["extensions"]["limit"] == "readings of back-tests"


async def test_far_too_many_alerts_are_refused_with_how_many_may_be(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replayed, "MOST_ALERTS", 2)
    await house.says([warm(device, 0, 31.0) for device in ("a", "b", "c")])
    [error] = (await house.answer(ASK, variables("AS_KNOWN")))["errors"]
    told = error["extensions"]
    assert (told["code"], told["limit"], told["allowed"], told["asked"]) == (
        "LIMIT_EXCEEDED", "alerts of a back-test", 2, "more than 2"
    )  # fmt: skip
    assert "give the rule a `for`" in error["message"]


async def test_no_more_back_tests_run_at_once_than_may_be(house: House) -> None:
    with ExitStack() as held:
        for _ in range(house.services.limits.backtests):
            held.enter_context(house.services.backtests.enter())
        assert await house.code(ASK, variables("AS_CORRECTED")) == "LIMIT_EXCEEDED"
    assert (await back_test(house, "AS_CORRECTED"))["total"] == 0


async def test_of_many_alerts_the_first_are_told_and_all_are_counted(tmp_path: Path) -> None:
    async with small_house(tmp_path, limits=Limits(page=3, default_page=3)) as house:
        values = [warm("a", minute * 20, 31.0 - minute % 2 * 10) for minute in range(20)]
        await house.says(values)
        for basis in WAYS:
            found = await back_test(house, basis)
            assert (found["total"], len(found["alerts"])) == (10, 3)
            assert [one["since"][11:16] for one in found["alerts"]] == ["00:00", "00:40", "01:20"]


async def test_the_past_ends_now(house: House) -> None:
    house.now = at(3600)
    await house.says([warm("a", 55, 31.0)])
    later = variables("AS_CORRECTED", to="2027-01-01T00:00:00Z", **{"for": "PT10M"})
    assert (await house.ask(ASK, later))["backtest"]["total"] == 0


@pytest.mark.parametrize("basis", WAYS)
async def test_it_is_held_against_what_the_rule_did_raise(house: House, basis: str) -> None:
    await house.says([warm("box", minute, 31.0 if 10 <= minute < 20 else 20.0) for minute in range(40)])
    await house.says([warm("other", minute, 31.0 if 10 <= minute < 20 else 20.0) for minute in range(40)])
    await house.says([raised_alert("met", 11 * 60), cleared_alert("met", 20 * 60), raised_alert("odd", 33 * 60)])
    await house.says([raised_alert("before", -600), cleared_alert("before", -60), raised_alert("beyond", 20 * 3600)])
    asked = ASK.replace("basis total", "raisedTotal raised { id } basis total").replace("value refuted", "alertId deviceId")
    found = (await house.ask(asked, variables(basis)))["backtest"]
    assert [(one["deviceId"], one["alertId"]) for one in found["alerts"]] == [("box", "met"), ("other", None)]
    assert ([one["id"] for one in found["raised"]], found["raisedTotal"]) == (["met", "odd"], 2)
    others = (await house.ask(asked, variables(basis, ruleId="cool")))["backtest"]
    assert (others["raised"], [one["alertId"] for one in others["alerts"]]) == ([], [None, None])
