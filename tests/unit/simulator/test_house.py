"""The house behaves like a house."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.simulator.climate import Zone
from glasshouse.simulator.control import Controls, Setpoints, on_below
from glasshouse.simulator.house import House
from glasshouse.simulator.weather import Outside, global_radiation, solar_elevation
from schema.metrics import METRICS

SEASONS = [datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 6, 21, tzinfo=UTC)]


def weather(temperature: float = 10.0, radiation: float = 0.0, wind: float = 3.0) -> Outside:
    return Outside(
        elevation=0,
        cloud=0.5,
        radiation=radiation,
        temperature=temperature,
        vapour=6.0,
        humidity=60,
        wind_speed=wind,
        wind_direction=0,
        rain_rate=0,
        pressure=1013,
    )


class Stuck(Zone):
    """A zone whose controls stay as they were put."""

    def __init__(self, controls: Controls) -> None:
        super().__init__("test", Setpoints())
        self.controls = controls

    def decide(self, outside: Outside, hour: int) -> Controls:
        del outside, hour
        return self.controls

    def run(self, outside: Outside, hours: float = 2.0) -> "Stuck":
        for _ in range(int(hours * 180)):
            self.step(outside, hour=12, seconds=20)
        return self


def test_the_heater_warms() -> None:
    cold, heated = (Stuck(Controls(heater=heater)).run(weather(temperature=2)) for heater in (False, True))
    assert heated.temperature > cold.temperature + 5


def test_open_vents_cool_and_dry_a_hot_house() -> None:
    noon = weather(temperature=18, radiation=700)
    shut, vented = (Stuck(Controls(vent=vent)).run(noon) for vent in (0.0, 100.0))
    assert vented.temperature < shut.temperature - 5
    assert vented.vapour < shut.vapour


def test_a_closed_screen_keeps_warmth_in_at_night() -> None:
    open_, closed = (Stuck(Controls(heater=True, screen=screen)).run(weather(temperature=0)) for screen in (False, True))
    assert closed.temperature > open_.temperature + 2


def test_the_pump_waters_the_soil() -> None:
    dry, watered = (Stuck(Controls(pump=pump)).run(weather(), hours=0.5) for pump in (False, True))
    assert watered.soil_moisture > dry.soil_moisture + 5
    assert watered.ec < dry.ec


def test_lamps_light_a_dark_morning() -> None:
    zone = Zone("test", Setpoints())
    zone.step(weather(radiation=0), hour=6, seconds=20)
    assert zone.controls.lamps
    assert zone.par > 50


def test_plants_take_co2_by_day_and_give_it_back_at_night() -> None:
    night, day = Zone("night", Setpoints(lamps_below=0)), Zone("day", Setpoints(lamps_below=0))
    for _ in range(180):
        night.step(weather(), hour=1, seconds=20)
        day.step(weather(radiation=400), hour=12, seconds=20)
    assert night.co2 > 500
    assert day.co2 < 425


@pytest.mark.parametrize("start", SEASONS, ids=["winter", "spring", "summer"])
def test_three_days_stay_within_what_sensors_can_show_and_plants_can_bear(start: datetime) -> None:
    house = House(seed=7, start=start)
    for _ in range(3 * 24 * 4):
        house.advance(900)
        for zone in house.zones:
            assert 5 < zone.temperature < 45
            assert 20 < zone.humidity <= METRICS["humidity"].high
            assert 150 < zone.co2 < 1500
            assert 0 <= zone.par < METRICS["par"].high
            assert 0 < zone.illuminance + 1 < METRICS["illuminance"].high
            assert 5 < zone.soil_temperature < 35
            assert 20 < zone.soil_moisture < 95
            assert 0 < zone.ec < METRICS["ec"].high
        assert 0 <= house.outside.humidity <= 100
        assert 0 <= house.outside.radiation < 1100
        assert 0 <= house.outside.wind_direction < 360


def test_every_control_acts_within_three_spring_days() -> None:
    house = House(seed=1, start=datetime(2026, 4, 1, tzinfo=UTC))
    seen: set[tuple[str, str | float]] = set()
    for _ in range(3 * 24 * 12):
        house.advance(300)
        seen.update(item for zone in house.zones for item in zone.controls.states().items())
    assert {name for name, state in seen if state in ("on", "closed") or (isinstance(state, float) and state > 0)} == {
        "heater",
        "vent",
        "pump",
        "lamps",
        "screen",
    }


def test_values_move_within_seconds_when_time_runs_fast() -> None:
    house = House(seed=1, start=datetime(2026, 6, 21, 10, tzinfo=UTC))
    before = [zone.temperature for zone in house.zones]
    house.advance(5 * 300)
    assert all(abs(zone.temperature - was) > 0.05 for zone, was in zip(house.zones, before, strict=True))


def test_night_is_dark_and_noon_is_not() -> None:
    assert global_radiation(solar_elevation(datetime(2026, 6, 21, 0, tzinfo=UTC), 52), 0.0) == 0
    assert global_radiation(solar_elevation(datetime(2026, 6, 21, 12, tzinfo=UTC), 52), 0.0) == pytest.approx(900, abs=60)


@pytest.mark.parametrize(("day", "expected"), [((6, 21), 90 - 52 + 23.4), ((12, 21), 90 - 52 - 23.4), ((3, 21), 90 - 52)])
def test_the_sun_stands_at_noon_where_the_season_puts_it(day: tuple[int, int], expected: float) -> None:
    assert solar_elevation(datetime(2026, *day, 12, tzinfo=UTC), 52) == pytest.approx(expected, abs=1.0)


def test_clouds_take_light() -> None:
    assert global_radiation(40, 1.0) < 0.3 * global_radiation(40, 0.0)


def history(seed: int, steps: list[float]) -> list[tuple[float, ...]]:
    house = House(seed=seed, start=datetime(2026, 5, 1, 8, tzinfo=UTC))
    seen = []
    for step in steps:
        house.advance(step)
        seen.append((house.outside.temperature, *(zone.temperature for zone in house.zones)))
    return seen


@settings(max_examples=15)
@given(seed=st.integers(0, 1000), steps=st.lists(st.floats(0, 3600), min_size=1, max_size=5))
def test_the_same_seed_gives_the_same_house(seed: int, steps: list[float]) -> None:
    assert history(seed, steps) == history(seed, steps)


def test_another_seed_gives_another_house() -> None:
    assert history(1, [3600]) != history(2, [3600])


def test_its_own_time_is_what_it_was_advanced_by() -> None:
    start = datetime(2026, 5, 1, 8, tzinfo=UTC)
    house = House(seed=1, start=start)
    house.advance(1234.5)
    assert house.moment == start + timedelta(seconds=1234.5)


@pytest.mark.parametrize(
    ("was", "value", "expected"), [(False, 9, True), (False, 11, False), (True, 11, True), (True, 13, False)]
)
def test_a_thermostat_holds_its_state_between_its_two_thresholds(was: bool, value: float, expected: bool) -> None:
    assert on_below(was, value, 10, 12) is expected


def test_vents_close_in_a_storm_however_hot_it_is() -> None:
    zone = Zone("test", Setpoints())
    zone.temperature = 40
    zone.step(weather(temperature=30, radiation=800, wind=5), hour=12, seconds=20)
    assert zone.controls.vent == 100
    zone.step(weather(temperature=30, radiation=800, wind=20), hour=12, seconds=20)
    assert zone.controls.vent == 0
