"""All of lettuce-2022 through the pipeline into a log on disk, held against the CSV files read with nothing but `csv`."""

import csv
from collections import Counter
from datetime import datetime
from math import log2
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.support.imported import Imported, Series, import_twice

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ACTUATORS = {
    "VentLee": "vent-lee",
    "VentWind": "vent-wind",
    "AssimLight": "lamps",
    "EnScr": "energy-screen",
    "BlckScr": "blackout-screen",
    "CO2reg": "co2-valve",
}
AIR = {"Tair": "temperature", "Rhair": "humidity", "CO2air": "co2", "HumDef": "humidity_deficit"}
WEATHER = {
    "Tout": "temperature",
    "Rhout": "humidity",
    "Iglob": "radiation",
    "Windsp": "wind_speed",
    "RadSum": "radiation_sum",
    "Rain": "rain_detected",
    "PARout": "par",
    "Pyrgeo": "net_radiation",
    "AbsHumOut": "absolute_humidity",
}


pytestmark = pytest.mark.timeout(300)  # a hundred thousand readings, twice


@pytest.fixture(scope="module")
def lettuce(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return import_twice("lettuce-2022", tmp_path_factory.mktemp("log"))


def rows_of(folder: Path, stem: str) -> list[tuple[datetime, dict[str, str]]]:
    with (folder / f"{stem}.csv").open(encoding="utf-8", newline="") as file:
        rows = [{name.strip(): cell.strip() for name, cell in row.items()} for row in csv.DictReader(file)]
    return [(datetime.strptime(row["Date"], "%m/%d/%Y %H:%M").replace(tzinfo=AMSTERDAM), row) for row in rows]


def stored(lettuce: Imported, device: str, sensor: str, metric: str) -> dict[datetime, float | None]:
    return {value.time: value.value for value in lettuce.values[Series(device, sensor, metric)]}


def numbers(rows: list[tuple[datetime, dict[str, str]]], column: str) -> dict[datetime, float | None]:
    return {time: float(row[column]) if row[column] else None for time, row in rows}


def test_each_row_is_a_reading_of_each_sensor_and_everything_adds_up(lettuce: Imported) -> None:
    first = lettuce.first
    assert first.adds_up
    assert lettuce.readings == {"reference-climate": 5 * 12_384, "reference-controls": 12_384, "bleiswijk-weather": 13_825}
    assert first.total.readings.stored == first.total.readings.read == lettuce.readings.total()
    assert first.total.states.stored + first.total.readings.stored == lettuce.events


def test_a_second_run_stores_nothing_new(lettuce: Imported) -> None:
    second = lettuce.second.total
    assert (second.readings.stored, second.states.stored) == (0, 0)
    assert (second.readings.duplicates, second.states.duplicates) == (second.readings.read, second.states.read)


def test_values_are_what_the_files_say_and_blank_cells_are_missing(lettuce: Imported) -> None:
    climate = rows_of(lettuce.folder, "GreenhouseClimate")
    for column, metric in AIR.items():
        assert stored(lettuce, "reference-climate", "air", metric) == numbers(climate, column), column
    weather = rows_of(lettuce.folder, "weather")
    for column, metric in WEATHER.items():
        assert stored(lettuce, "bleiswijk-weather", "outside", metric) == numbers(weather, column), column
    controls = rows_of(lettuce.folder, "GreenhouseControls")
    heating = stored(lettuce, "reference-controls", "setpoints", "heating_temperature_setpoint")
    assert heating == numbers(controls, "heating_temp_vip")


@pytest.mark.parametrize(("column", "actuator"), ACTUATORS.items())
def test_an_actuator_column_is_an_event_wherever_it_changes(lettuce: Imported, column: str, actuator: str) -> None:
    changes: list[tuple[datetime, float]] = []
    for time, row in rows_of(lettuce.folder, "GreenhouseClimate"):
        if row[column] and (not changes or changes[-1][1] != float(row[column])):
            changes.append((time, float(row[column])))
    events = [event for event in lettuce.states if event.actuator_id == actuator]
    assert [(event.timestamp, event.state) for event in events] == changes
    assert len(changes) > 1


def test_wind_sectors_are_degrees_and_what_lies_between_two_is_missing(lettuce: Imported) -> None:
    weather = rows_of(lettuce.folder, "weather")
    degrees = stored(lettuce, "bleiswijk-weather", "outside", "wind_direction")
    odd = Counter[str]()
    for time, row in weather:
        sector = log2(float(row["Winddir"])) if row["Winddir"] else None
        if sector is None or abs(sector - round(sector)) > 0.01:
            odd[row["Winddir"]] += 1
            assert degrees[time] is None
        else:
            assert degrees[time] == 45 * round(sector)
    assert odd == {"": 31, "5.333333": 1, "6.666667": 1}
