"""All of tunnel-1 through the pipeline into a log on disk, held against the CSV files read with nothing but `csv`."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import isnan
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.support.imported import Imported, Value, import_twice

ROME = ZoneInfo("Europe/Rome")
STEPPED_BACK = datetime(2021, 10, 31, 2, tzinfo=UTC)
MICRO = [("soil", "soil_temperature"), ("plant", "leaf_temperature"), ("par", "par")]
WATER = [("water-1", "water_content"), ("water-2", "water_content")]
PROBES = [(f"probe-{number}", "temperature") for number in range(1, 5)]
COLUMNS = {
    "Micro": [*MICRO, *WATER],
    "TRH": [("air", "temperature"), ("air", "humidity")],
    "Temp": PROBES,
    "Valid_A": PROBES[:1],
    "Valid_B": PROBES[:2],
    "Valid_C": PROBES[:2],
    "Valid_D": PROBES[:1],
    "Ref_AirTemp": [("air", "temperature")],
    "Ref_PAR": [("light", "illuminance")],
    "Ref_RH": [("air", "humidity")],
    "Ref_SoilTemp": [("substrate", "soil_temperature")],
    "Ref_WaterCont": [("substrate", "water_content")],
}
FACTORS = {"Ref_PAR": 1000.0, "Ref_WaterCont": 0.01}
PLAUSIBLE = {
    "temperature": (-40, 80),
    "soil_temperature": (-30, 70),
    "leaf_temperature": (-30, 70),
    "humidity": (0, 100),
    "par": (-5, 3000),
    "illuminance": (0, 200_000),
    "water_content": (0, 1),
}


@pytest.fixture(scope="module")
def tunnel(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return import_twice("tunnel-1", tmp_path_factory.mktemp("log"))


class Row:
    """A row as the CSV writes it: its local time and its cells of values."""

    def __init__(self, stem: str, cells: list[str]) -> None:
        text = cells[1]
        iso = text if text[4] == "-" else f"{text[6:10]}-{text[3:5]}-{text[:2]}{text[10:]}"
        self.local = datetime.fromisoformat(iso)
        self.cells = cells[:1] if stem.startswith("Ref") else cells[2:]

    def numbers(self) -> list[float | None]:
        return [None if isnan(float(cell)) else float(cell) for cell in self.cells]


def rows_of(folder: Path, stem: str) -> list[Row]:
    with (folder / f"{stem}.csv").open(encoding="utf-8", newline="") as file:
        return [Row(stem, cells) for cells in list(csv.reader(file))[1:]]


def columns_of(stem: str) -> list[tuple[str, str]]:
    return next(columns for prefix, columns in COLUMNS.items() if stem.startswith(prefix))


def wall_clock(stem: str, moment: datetime) -> datetime:
    if stem.startswith("Ref"):
        return moment.astimezone(ROME).replace(tzinfo=None)
    return (moment + timedelta(hours=2 if moment < STEPPED_BACK else 1)).replace(tzinfo=None)


def expected(folder: Path, stem: str) -> Counter[tuple[str, str, datetime, float | None]]:
    """What the rows say. Files without a counter say the same thing twice only once; in the others each row has its own."""
    columns, factor, rows = columns_of(stem), FACTORS.get(stem, 1.0), rows_of(folder, stem)
    if stem.startswith("Ref"):
        rows = list({(row.local, *map(str, row.numbers())): row for row in rows}.values())
    return Counter(
        (sensor, metric, row.local, None if number is None else round(number * factor, 9))
        for row in rows
        for (sensor, metric), number in zip(columns, row.numbers(), strict=True)
    )


def stems(folder: Path) -> Iterator[str]:
    yield from sorted(path.stem for path in folder.glob("*.csv"))


def test_every_value_of_every_row_is_in_the_log_and_no_other(tunnel: Imported) -> None:
    assert set(tunnel.values) == set(stems(tunnel.folder))
    for stem in stems(tunnel.folder):
        stored: Counter[tuple[str, str, datetime, float | None]] = Counter()
        for value, count in tunnel.values[stem].items():
            number = None if value.value is None else round(value.value, 9)
            stored[value.sensor, value.metric, wall_clock(stem, value.time), number] += count
        assert stored == expected(tunnel.folder, stem), stem


def test_what_was_read_is_stored_a_duplicate_or_a_dead_letter(tunnel: Imported) -> None:
    first = tunnel.first
    rows = {stem: rows_of(tunnel.folder, stem) for stem in stems(tunnel.folder)}
    assert first.adds_up
    assert first.total.rows == sum(map(len, rows.values())) == 237_149
    read = sum(len(rows[stem]) * len({sensor for sensor, _ in columns_of(stem)}) for stem in rows)
    assert (first.total.readings.read, first.total.readings.dead_letters) == (read, 0)
    assert first.total.readings.stored == tunnel.events == sum(tunnel.readings.values())
    assert first.total.missing == sum(number is None for all_of in rows.values() for row in all_of for number in row.numbers())


def test_a_second_run_stores_nothing_new(tunnel: Imported) -> None:
    second = tunnel.second.total.readings
    assert (second.stored, second.dead_letters) == (0, 0)
    assert second.duplicates == second.read == tunnel.first.total.readings.read


def test_of_35_times_that_stand_twice_with_different_rows_25_keep_two_values_and_10_one(tunnel: Imported) -> None:
    kept: Counter[int] = Counter()
    plain = 0
    for stem in stems(tunnel.folder):
        rows: defaultdict[datetime, list[list[str]]] = defaultdict(list)
        for row in rows_of(tunnel.folder, stem):
            rows[row.local].append(row.cells)
        plain += sum(len(cells) > 1 and all(each == cells[0] for each in cells) for cells in rows.values())
        twice = {local for local, cells in rows.items() if any(each != cells[0] for each in cells)}
        values: defaultdict[tuple[datetime, str, str], list[float]] = defaultdict(list)
        for value in tunnel.values[stem].elements():
            local = wall_clock(stem, value.time)
            if local in twice and value.value is not None:
                values[local, value.sensor, value.metric].append(value.value)
        for local in twice:
            kept[max(len(found) for (when, _, _), found in values.items() if when == local)] += 1
    assert kept == {2: 25, 1: 10}
    assert tunnel.first.total.readings.duplicates == plain == 12


def test_the_doubled_hour_is_two_hours_in_the_log(tunnel: Imported) -> None:
    for stem in ("Micro_1", "Micro_2", "Temp_4ch_1", "Temp_4ch_2"):
        quarters = {value.time for value in tunnel.values[stem]}
        night = {STEPPED_BACK + timedelta(minutes=15 * quarter) for quarter in range(-4, 4)}
        assert night <= quarters, stem


def test_what_is_out_of_range_is_stored_and_marked_and_nothing_else_is(tunnel: Imported) -> None:
    marked: Counter[str] = Counter()
    for stem, values in tunnel.values.items():
        for value in values:
            low, high = PLAUSIBLE[value.metric]
            out = value.value is not None and not low <= value.value <= high
            assert (value.verdict is not None) == out, (stem, value)
        marked[stem] = sum(count for value, count in values.items() if value.verdict is not None)
    assert marked.total() == tunnel.first.total.out_of_range
    assert marked["Micro_2"] > 0
    spikes = {value.value for stem in ("Temp_4ch_1", "Temp_4ch_2") for value in tunnel.values[stem] if value.verdict}
    assert {round(spike) for spike in spikes if spike is not None} >= {754, 412, 28264, -94}


def test_lux_under_a_header_of_klux_is_stored_as_the_header_says_and_marked(tunnel: Imported) -> None:
    light = tunnel.values["Ref_PAR"]
    switched = datetime(2022, 5, 4, tzinfo=ROME).astimezone(UTC)
    bad = [value for value in light if value.verdict is not None]
    assert min(value.time for value in bad) >= switched
    assert {value.verdict for value in bad} == {"above_range"}
    assert max(value.value for value in bad if value.value is not None) == 99_573_000


def midday(values: Counter[Value], metric: str, start: datetime, end: datetime) -> float:
    """The hour, in UTC, that is the middle of the light, on the median day."""
    lit: defaultdict[object, list[float]] = defaultdict(list)
    for value in values:
        if value.metric == metric and start <= value.time < end and value.value is not None and value.value > 5:
            lit[value.time.date()].append(value.time.hour + value.time.minute / 60)
    middles = sorted((min(hours) + max(hours)) / 2 for hours in lit.values())
    return middles[len(middles) // 2]


@pytest.mark.parametrize(("month", "solar_noon"), [(9, 11.12), (11, 10.96)])
def test_the_clocks_are_right_since_light_peaks_at_solar_noon(tunnel: Imported, month: int, solar_noon: float) -> None:
    start = datetime(2021, month, 1, tzinfo=UTC)
    end = start + timedelta(days=30)
    assert midday(tunnel.values["Micro_2"], "par", start, end) == pytest.approx(solar_noon, abs=0.35)
    assert midday(tunnel.values["Ref_PAR"], "illuminance", start, end) == pytest.approx(solar_noon, abs=0.35)
