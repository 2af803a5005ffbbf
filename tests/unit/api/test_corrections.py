"""Readings that people put right: what is shown afterwards, what would be, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from api.app import build_app
from api.limits import Limits
from api.roles import Role
from schema.envelope import decode_metadata
from schema.events import Operation, Quality, ReadingCorrection
from tests.support.api import House, small_house
from tests.support.house_events import pack, reading

CORRECT = """mutation ($input: CorrectReadingsInput!) { correctReadings(input: $input) { __typename
  ... on CorrectReadingsSuccess { cursor
    correction { id deviceId sensorId metric from to operation amount reason actor decidedAt }
    preview { readings changed healed spoiled first last unit
      before { count min mean max } after { count min mean max }
      sample { sensorId timestamp original before qualityBefore after qualityAfter } } }
  ... on OperationError { code message } } }"""
SHOWN = """query ($at: Cursor) { readings(deviceId: "a", atLeast: $at) {
  nodes { sensorId metric value original quality deviceQuality verdict correction timestamp } } }"""
LATEST = """query ($at: Cursor) { device(id: "a", atLeast: $at) {
  latest { metric value original quality deviceQuality verdict correction } corrections { id reason } } }"""


def time(seconds: int) -> str:
    return f"2026-06-01T00:{seconds // 60:02}:{seconds % 60:02}Z"


async def correct(house: House, role: Role = Role.OPERATOR, /, **given: Any) -> Any:
    wanted = {"deviceId": "a", "metric": "illuminance", "from": None, "to": None, "operation": "SCALE", "amount": 0.01}
    wanted |= {"reason": "the unit was switched", **given}
    return (await house.ask(CORRECT, {"input": wanted}, role=role))["correctReadings"]


async def shown(house: House, answer: Any) -> list[Any]:
    nodes: list[Any] = (await house.ask(SHOWN, {"at": answer["cursor"]}))["readings"]["nodes"]
    return nodes


async def test_a_bad_reading_is_healed_and_its_original_stays_visible(house: House) -> None:
    await house.says([reading("a", 0, illuminance=40_000_000.0, verdicts={"illuminance": "above_range"})])
    [before] = (await house.ask(SHOWN))["readings"]["nodes"]
    assert (before["value"], before["quality"], before["verdict"]) == (40_000_000.0, "BAD", "above_range")
    answer = await correct(house, amount=0.001)
    [after] = await shown(house, answer)
    assert (after["value"], after["original"], after["quality"]) == (40_000.0, 40_000_000.0, "GOOD")
    assert (after["deviceQuality"], after["verdict"], after["correction"]) == ("GOOD", None, answer["correction"]["id"])


async def test_only_the_range_the_sensor_and_the_metric_are_touched(house: House) -> None:
    await house.says([reading("a", second, illuminance=100.0, temperature=20.0) for second in (0, 60, 120)])
    await house.says([reading("a", 60, sensor="other", illuminance=100.0)])
    answer = await correct(house, **{"from": time(60), "to": time(120)}, sensorId="main", amount=2)
    values = {(node["timestamp"], node["sensorId"], node["metric"]): node["value"] for node in await shown(house, answer)}
    assert {key for key, value in values.items() if value == 200.0} == {(time(60), "main", "illuminance")}
    assert sorted(values.values()) == [20.0, 20.0, 20.0, 100.0, 100.0, 100.0, 200.0]


async def test_what_is_excluded_is_bad_and_what_is_restored_is_as_it_came(house: House) -> None:
    await house.says([reading("a", 0, illuminance=100.0)])
    [out] = await shown(house, await correct(house, operation="EXCLUDE", amount=None))
    assert (out["value"], out["quality"], out["verdict"]) == (100.0, "BAD", "excluded")
    [back] = await shown(house, await correct(house, operation="RESTORE", amount=None))
    assert (back["value"], back["quality"], back["verdict"], back["correction"]) == (100.0, "GOOD", None, None)


async def test_a_value_that_people_put_in_place_is_not_held_to_the_device_s_word_of_its_own(house: House) -> None:
    await house.says([reading("a", 0, quality=Quality.BAD, illuminance=100.0)])
    [scaled] = await shown(house, await correct(house, amount=2))
    [put] = await shown(house, await correct(house, operation="REPLACE", amount=250))
    assert (scaled["quality"], put["value"], put["quality"], put["deviceQuality"]) == ("BAD", 250.0, "GOOD", "BAD")


async def test_the_latest_state_and_the_list_of_corrections_follow(house: House) -> None:
    await house.says([reading("a", 0, illuminance=100.0, temperature=20.0)])
    first = await correct(house, reason="first")
    second = await correct(house, operation="OFFSET", amount=5, reason="second")
    device = (await house.ask(LATEST, {"at": second["cursor"]}))["device"]
    assert [(one["metric"], one["value"], one["original"]) for one in device["latest"]] == [
        ("illuminance", 6.0, 100.0),
        ("temperature", 20.0, 20.0),
    ]
    assert [one["reason"] for one in device["corrections"]] == ["second", "first"]
    assert device["latest"][0]["correction"] == second["correction"]["id"] != first["correction"]["id"]
    only = await house.ask('{ device(id: "a") { corrections(first: 1) { reason } } }')
    assert only["device"]["corrections"] == [{"reason": "second"}]


async def test_a_correction_without_an_end_is_also_of_what_comes(house: House) -> None:
    await correct(house, **{"from": time(60)}, amount=2)
    await house.says([reading("a", second, illuminance=100.0) for second in (59, 60)])
    assert [node["value"] for node in (await house.ask(SHOWN))["readings"]["nodes"]] == [100.0, 200.0]


async def test_a_correction_says_who_made_it_when_and_why(house: House) -> None:
    made = (await correct(house, sensorId="main", **{"from": time(0), "to": "2026-06-01T02:01:00+02:00"}))["correction"]
    [event] = await house.log.read_stream("control-a")
    actor = "key:" + house.keys[Role.OPERATOR].split("_")[1]
    assert made.pop("decidedAt") < "2026"
    assert made.pop("id")
    assert made == {
        "deviceId": "a", "sensorId": "main", "metric": "illuminance", "from": time(0), "to": time(60), "operation": "SCALE",
        "amount": 0.01, "reason": "the unit was switched", "actor": actor,
    }  # fmt: skip
    assert decode_metadata(event.metadata).actor == actor


async def test_the_same_request_come_again_corrects_once(house: House) -> None:
    first, again = await correct(house), await correct(house)
    assert (first["correction"]["id"], first["cursor"]) == (again["correction"]["id"], again["cursor"])
    other = await correct(house, reason="another one")
    twice = await correct(house, reason="the unit was switched")
    assert len({answer["correction"]["id"] for answer in (first, other, twice)}) == 3
    assert len(await house.log.read_stream("control-a")) == 3


async def test_an_id_of_one_s_own_stands_for_one_correction(house: House) -> None:
    first, other = await correct(house, correctionId="mine"), await correct(house, correctionId="yours")
    assert (await correct(house, correctionId="mine"))["correction"]["id"] == first["correction"]["id"] == "mine"
    assert other["correction"]["id"] == "yours"
    assert (await correct(house, correctionId="mine", amount=3))["code"] == "CONFLICT"
    assert len(await house.log.read_stream("control-a")) == 2


@pytest.mark.parametrize(
    "given",
    [
        {"from": time(60), "to": time(60)},
        {"from": time(61), "to": time(60)},
        {"amount": 0},
        {"amount": None},
        {"operation": "EXCLUDE", "amount": 1},
        {"operation": "RESTORE", "amount": 1},
        {"operation": "REPLACE", "amount": None},
        {"reason": " "},
        {"reason": "x" * 1001},
        {"metric": ""},
        {"metric": "x" * 65},
        {"deviceId": "a/b"},
        {"sensorId": "a b"},
        {"correctionId": "a b"},
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_is_decided(house: House, given: dict[str, Any]) -> None:
    assert (await correct(house, **given))["code"] == "INVALID_INPUT"
    assert (await correct(house, **given, dryRun=True))["code"] == "INVALID_INPUT"
    assert await house.log.read_stream("control-a") == []


@pytest.mark.parametrize("dry_run", [False, True])
async def test_what_is_computed_is_refused_and_what_it_is_made_of_is_named(house: House, dry_run: bool) -> None:
    await house.says([reading("a", 0, temperature=20.0, humidity=60.0, leaf_temperature=19.0, par=500.0)])
    computed = {
        "dew_point": "dew_point of a is computed from temperature and humidity: correct these",
        "leaf_vapour_pressure_deficit": (
            "leaf_vapour_pressure_deficit of a is computed from temperature, humidity and leaf_temperature: correct these"
        ),
        "daily_light_integral": "daily_light_integral of a is computed from par: correct this",
    }
    for metric, message in computed.items():
        answer = await correct(house, metric=metric, dryRun=dry_run)
        assert (answer.get("code"), answer.get("message")) == ("INVALID_INPUT", message)
    assert await house.log.read_stream("control-a") == []


async def test_an_index_that_a_sensor_measures_itself_is_corrected_there_and_nowhere_else(house: House) -> None:
    await house.says([reading("a", 0, dew_point=12.0), reading("a", 0, sensor="other", temperature=20.0, humidity=60.0)])
    answer = await correct(house, metric="dew_point", sensorId="main", operation="OFFSET", amount=1)
    assert next(node for node in await shown(house, answer) if node["metric"] == "dew_point")["value"] == 13.0
    assert (await correct(house, metric="dew_point", dryRun=True))["preview"]["readings"] == 1
    assert (await correct(house, metric="dew_point", sensorId="other"))["code"] == "INVALID_INPUT"


async def test_a_correction_of_an_index_from_when_they_were_taken_is_undone(house: House) -> None:
    taken = ReadingCorrection(
        device_id="a", correction_id="c1", metric="dew_point", operation=Operation.OFFSET, amount=1.0, reason="x"
    )
    await house.says([reading("a", 0, temperature=20.0, humidity=60.0), pack("control-a", taken)])
    answer = await correct(house, metric="dew_point", operation="RESTORE", amount=None)
    assert (await house.ask(LATEST, {"at": answer["cursor"]}))["device"]["corrections"] == []
    assert (await correct(house, metric="dew_point", operation="RESTORE", amount=None, reason="more"))[
        "code"
    ] == "INVALID_INPUT"


async def test_a_metric_that_we_do_not_know_and_a_device_that_has_not_spoken_are_corrected(house: House) -> None:
    await house.says([reading("a", 0, illuminance_raw=100.0)])
    [raw] = await shown(house, await correct(house, metric="illuminance_raw", amount=2))
    assert raw["value"] == 200.0
    assert (await correct(house, deviceId="new"))["correction"]["deviceId"] == "new"


async def test_a_range_that_was_forgotten_is_not_taken_for_all_there_is(house: House) -> None:
    wanted = {"deviceId": "a", "metric": "illuminance", "operation": "EXCLUDE", "reason": "x", "to": None}
    answer = (await house.ask(CORRECT, {"input": wanted}, role=Role.OPERATOR))["correctReadings"]
    assert answer["code"] == "INVALID_INPUT"
    assert "`from` and `to`" in answer["message"]


async def test_more_corrections_than_a_reading_can_be_held_against_are_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.decisions_readings.MAX_CORRECTIONS", 2)
    for number in range(2):
        await correct(house, reason=f"number {number}")
    refused = await correct(house, reason="one more")
    assert (refused["code"], "restore" in refused["message"]) == ("CONFLICT", True)
    await correct(house, operation="RESTORE", amount=None)
    assert "correction" in await correct(house, reason="one more")


async def test_a_viewer_corrects_nothing(house: House) -> None:
    assert (await correct(house, Role.VIEWER))["code"] == "FORBIDDEN"


async def test_a_dry_run_says_what_would_change_and_changes_nothing(house: House) -> None:
    await house.says([reading("a", second, illuminance=float(second + 1)) for second in range(50)])
    await house.says([reading("a", 60, illuminance=9e8, verdicts={"illuminance": "above_range"})])
    await house.says([reading("a", 70, illuminance=9e8, sensor="other")])
    found = (await correct(house, **{"from": time(10), "to": time(61)}, amount=0.0001, dryRun=True))["preview"]
    assert (found["readings"], found["changed"], found["healed"], found["spoiled"]) == (41, 41, 1, 0)
    assert (found["first"], found["last"], found["unit"]) == (time(10), time(60), "lx")
    assert found["before"] == {"count": 40, "min": 11.0, "mean": 30.5, "max": 50.0}
    assert (found["after"]["count"], found["after"]["max"]) == (41, 90_000.0)
    assert len(found["sample"]) == 20
    assert found["sample"][-1] == {
        "sensorId": "main", "timestamp": time(60), "original": 9e8, "before": 9e8, "qualityBefore": "BAD", "after": 90_000.0,
        "qualityAfter": "GOOD",
    }  # fmt: skip
    assert await house.log.read_stream("control-a") == []


async def test_a_dry_run_comes_after_the_corrections_that_stand(house: House) -> None:
    await house.says([reading("a", 0, illuminance=100.0), reading("a", 0, sensor="other", illuminance=7.0)])
    await correct(house, amount=2, sensorId="main")
    scaled = (await correct(house, amount=10, dryRun=True))["preview"]
    assert [(one["sensorId"], one["before"], one["after"]) for one in scaled["sample"]] == [
        ("main", 200.0, 2000.0),
        ("other", 7.0, 70.0),
    ]
    restored = (await correct(house, operation="RESTORE", amount=None, dryRun=True))["preview"]
    assert (restored["readings"], restored["changed"], restored["after"]["max"]) == (2, 1, 100.0)


async def test_a_dry_run_judges_readings_among_their_neighbours_as_windows_do(house: House) -> None:
    values = [20.0, 20.1, 45.0, 20.2, 20.1, 20.0]
    await house.says([reading("a", 60 * minute, temperature=value) for minute, value in enumerate(values)])
    asked = {"metric": "temperature", "operation": "OFFSET", "dryRun": True}
    spike = (await correct(house, **asked, **{"from": time(120), "to": time(180)}, amount=-25.0))["preview"]
    assert (spike["readings"], spike["healed"], spike["before"]["count"], spike["after"]["max"]) == (1, 1, 0, 20.0)
    assert (spike["sample"][0]["qualityBefore"], spike["sample"][0]["qualityAfter"]) == ("BAD", "GOOD")
    good = (await correct(house, **asked, **{"from": time(180), "to": time(240)}, amount=20.0))["preview"]
    assert (good["healed"], good["spoiled"], good["after"]["count"]) == (0, 0, 1)


async def test_a_dry_run_of_nothing_says_so(house: House) -> None:
    found = (await correct(house, metric="nothing", dryRun=True))["preview"]
    assert (found["readings"], found["changed"], found["first"], found["sample"]) == (0, 0, None, [])
    assert found["before"] == {"count": 0, "min": None, "mean": None, "max": None}


async def test_a_dry_run_over_more_than_it_looks_at_says_how_to_ask_for_less(tmp_path: Any) -> None:
    limits = Limits(progress_seconds=0.0, corrected_rows=10)
    async with small_house(tmp_path, limits=limits) as house:
        await house.says([reading("a", second, illuminance=1.0) for second in range(11)])
        refused = await correct(house, dryRun=True)
        assert (refused["code"], "shorter range" in refused["message"]) == ("LIMIT_EXCEEDED", True)
        fits = await correct(house, to=time(10), dryRun=True)
        assert fits["preview"]["readings"] == 10


async def test_where_the_history_is_not_open_a_correction_is_decided_all_the_same(house: House) -> None:
    house.app = build_app(replace(house.services, history=None, registry=CollectorRegistry()))
    assert (await correct(house, dryRun=True))["code"] == "HISTORY_NOT_SHARED"
    assert (await correct(house))["correction"]["metric"] == "illuminance"


async def test_a_dry_run_of_what_is_decided_already_changes_nothing_more(house: House) -> None:
    await house.says([reading("a", 0, illuminance=100.0)])
    await correct(house, amount=2)
    found = (await correct(house, amount=2, dryRun=True))["preview"]
    assert (found["readings"], found["changed"], found["after"]["max"]) == (1, 0, 200.0)
