"""Devices say what the native layout allows, know the ids of their events, and say the same for the same seed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from glasshouse.simulator.device import Device
from glasshouse.simulator.faults import Fault, FaultRates
from glasshouse.simulator.fleet import Fleet
from glasshouse.simulator.house import House
from glasshouse.simulator.malformed import MALFORMED
from glasshouse.simulator.message import Message
from glasshouse.simulator.options import SimulationOptions, SimulationOptionsError
from schema.ids import device_event_id, format_event_id, is_valid_id
from schema.metrics import METRICS
from tests.support.simulation import NO_FAULTS

NOW = datetime(2026, 6, 21, 12, 0, 0, 123_456, tzinfo=UTC)


def options(**changes: Any) -> SimulationOptions:
    return SimulationOptions(**{"mqtt": "mqtt://127.0.0.1", "ledger": Path("unused"), "run": "r", **changes})


def messages(count: int, **changes: Any) -> list[Message]:
    told = options(**changes)
    fleet = Fleet(told, "r", {})
    house = House(seed=told.seed, start=NOW)
    said: list[Message] = []
    while len(said) < count:
        house.advance(1)
        said += fleet.speak(house, NOW + timedelta(milliseconds=len(said)))
    return said


def device(**changes: Any) -> Device:
    usual: dict[str, Any] = {"name": "d", "site": "s", "kind": "climate", "zone": 0, "seed": 1, "run": "r", "rates": NO_FAULTS}
    return Device(**{**usual, **changes})


def body(message: Message) -> Any:
    return msgspec.json.decode(message.payload)


def test_every_message_without_a_fault_follows_the_native_layout() -> None:
    for message in messages(600, faults=NO_FAULTS):
        said = body(message)
        assert message.topic == f"glasshouse/demo/{message.device}/{message.kind}"
        assert is_valid_id(message.device)
        assert "timestamp" in said
        assert "id" in said or "seq" in said
        if message.kind == "state":
            assert said["actuatorId"] in ("heater", "vent", "pump", "lamps", "screen")
            continue
        for metric, value in said["reading"].items():
            assert METRICS[metric].low <= value <= METRICS[metric].high


def test_a_house_of_twenty_measures_all_that_the_page_shows() -> None:
    kinds = {metric for message in messages(400, faults=NO_FAULTS) for metric in body(message).get("reading", {})}
    assert kinds >= {"temperature", "humidity", "co2", "par", "illuminance", "soil_moisture", "soil_temperature", "ec"}
    assert kinds >= {"wind_speed", "radiation", "rain", "rain_detected", "battery", "signal", "opening"}


def test_it_knows_the_id_of_an_event_to_which_it_gave_one() -> None:
    said = device().speak(House(seed=1, start=NOW), NOW)
    assert said.event_id == format_event_id(device_event_id("d", body(said)["id"]))


def test_without_ids_of_its_own_it_sends_a_sequence_and_knows_no_event_id() -> None:
    said = device(own_ids=False, sequence=41).speak(House(seed=1, start=NOW), NOW)
    assert said.event_id is None
    assert body(said)["seq"] == said.sequence == 42


def test_every_fifth_device_has_no_ids_of_its_own() -> None:
    said = messages(200, faults=NO_FAULTS, devices=10)
    without = {message.device for message in said if message.kind == "reading" and message.event_id is None}
    assert len(without) == 2


@pytest.mark.parametrize("iso_times", [False, True])
def test_its_timestamp_is_the_time_in_the_ledger(iso_times: bool) -> None:
    said = device(iso_times=iso_times).speak(House(seed=1, start=NOW), NOW)
    assert said.at == 1782043200123
    assert body(said)["timestamp"] == ("2026-06-21T12:00:00.123000Z" if iso_times else said.at)


def test_an_actuator_box_tells_each_first_state_and_then_only_changes() -> None:
    house = House(seed=1, start=NOW)
    box = device(kind="actuators")
    first = [box.speak(house, NOW) for _ in range(6)]
    assert [message.kind for message in first] == ["state"] * 5 + ["reading"]
    zone = house.zones[0]
    zone.controls = msgspec.structs.replace(zone.controls, heater=not zone.controls.heater)
    assert body(box.speak(house, NOW))["actuatorId"] == "heater"
    assert box.speak(house, NOW).kind == "reading"


def test_a_weather_station_tells_all_the_rain_that_fell_and_each_drop_once() -> None:
    house = House(seed=3, start=NOW)
    station = device(kind="weather")
    fallen = 0.0
    for _ in range(50):
        house.advance(3600)
        fallen += body(station.speak(house, NOW))["reading"].get("rain", 0.0)
    assert fallen == pytest.approx(house.rain_total, abs=3)
    assert house.rain_total > 5


def test_a_status_is_retained_and_has_neither_id_nor_time() -> None:
    said = device().status("online")
    assert said.retain
    assert body(said) == {"status": "online", "model": "GH-climate", "firmwareVersion": "1.4.2"}


def test_its_last_will_says_offline_on_its_status_topic() -> None:
    assert device().last_will() == ("glasshouse/s/d/status", b'{"status":"offline"}')


def test_sequences_go_on_where_the_ledger_stands() -> None:
    fleet = Fleet(options(devices=2), "r", {"climate-1": 99})
    said = fleet.speak(House(seed=1, start=NOW), NOW)
    assert [message.sequence for message in said] == [100]


def test_the_same_seed_says_the_same() -> None:
    assert messages(300, seed=5) == messages(300, seed=5)
    assert messages(300, seed=5) != messages(300, seed=6)


def test_two_runs_share_no_ids() -> None:
    first, second = (device(run=run).speak(House(seed=1, start=NOW), NOW).event_id for run in "ab")
    assert first != second


@pytest.mark.parametrize("fault", list(Fault))
def test_a_rate_of_one_puts_that_fault_on_every_reading(fault: Fault) -> None:
    name = next(field for field, each in zip(FaultRates.__struct_fields__, Fault, strict=True) if each is fault)
    said = messages(50, devices=2, faults=msgspec.structs.replace(NO_FAULTS, **{name: 1.0}))
    assert {message.fault for message in said if message.kind == "reading"} == {fault}


@pytest.mark.parametrize("what", sorted(MALFORMED))
def test_a_malformed_message_of_another_sequence_is_another_message(what: str) -> None:
    assert MALFORMED[what](1) != MALFORMED[what](2)
    assert MALFORMED[what](1) == MALFORMED[what](1)


def test_a_malformed_message_is_known_by_its_hash_and_has_no_event_id() -> None:
    said = device(rates=msgspec.structs.replace(NO_FAULTS, malformed=1.0)).speak(House(seed=1, start=NOW), NOW)
    line = said.line(1)
    assert line.event_id is None
    assert line.sha256 is not None


def test_a_dropped_message_has_a_line_that_says_it_was_never_sent() -> None:
    said = device(rates=msgspec.structs.replace(NO_FAULTS, dropped=1.0)).speak(House(seed=1, start=NOW), NOW)
    assert said.line(1).sent is None


def test_a_doubled_message_is_one_message_in_two_copies() -> None:
    said = device(rates=msgspec.structs.replace(NO_FAULTS, doubled=1.0)).speak(House(seed=1, start=NOW), NOW)
    assert said.copies == 2


@pytest.mark.parametrize(
    "nonsense",
    [{"devices": 0}, {"devices": 10_001}, {"rate": 0}, {"seconds": 0}, {"time_factor": -1}, {"site": "a/b"}, {"prefix": "+"}],
)
def test_options_that_make_no_sense_are_refused_in_plain_words(nonsense: dict[str, Any]) -> None:
    with pytest.raises(SimulationOptionsError):
        options(**nonsense)


def test_noise_is_drawn_per_device() -> None:
    house = House(seed=1, start=NOW)
    assert body(device(name="a").speak(house, NOW))["reading"] != body(device(name="b").speak(house, NOW))["reading"]
