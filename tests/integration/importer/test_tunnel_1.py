"""All of tunnel-1 through the pipeline into a log on disk, held against the CSV files read with nothing but `csv`."""

import csv
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from math import isnan
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.support.imported import Imported, Series, Value, import_twice

ROME = ZoneInfo("Europe/Rome")
STEPPED_BACK = datetime(2021, 10, 31, 2, tzinfo=UTC)
DARK = 5
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


pytestmark = pytest.mark.timeout(600)  # half a million readings, twice


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


def series_of(stem: str) -> list[Series]:
    columns = next(columns for prefix, columns in COLUMNS.items() if stem.startswith(prefix))
    return [Series(stem, sensor, metric) for sensor, metric in columns]


def wall_clock(stem: str, moment: datetime) -> datetime:
    if stem.startswith("Ref"):
        return moment.astimezone(ROME).replace(tzinfo=None)
    return (moment + timedelta(hours=2 if moment < STEPPED_BACK else 1)).replace(tzinfo=None)


def expected(folder: Path, stem: str) -> dict[Series, Counter[tuple[datetime, float | None]]]:
    """What the rows say. Files without a counter say the same thing twice only once; in the others each row has its own."""
    factor, rows = FACTORS.get(stem, 1.0), rows_of(folder, stem)
    if stem.startswith("Ref"):
        rows = list({(row.local, *map(str, row.numbers())): row for row in rows}.values())
    said: dict[Series, Counter[tuple[datetime, float | None]]] = {series: Counter() for series in series_of(stem)}
    for row in rows:
        for counted, number in zip(said.values(), row.numbers(), strict=True):
            counted[row.local, None if number is None else round(number * factor, 9)] += 1
    return said


def stems(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.csv"))


def test_every_value_of_every_row_is_in_the_log_and_no_other(tunnel: Imported) -> None:
    assert set(tunnel.values) == {series for stem in stems(tunnel.folder) for series in series_of(stem)}
    for stem in stems(tunnel.folder):
        for series, said in expected(tunnel.folder, stem).items():
            stored: Counter[tuple[datetime, float | None]] = Counter()
            for value, count in tunnel.values[series].items():
                stored[wall_clock(stem, value.time), None if value.value is None else round(value.value, 9)] += count
            assert stored == said, series


def test_what_was_read_is_stored_a_duplicate_or_a_dead_letter(tunnel: Imported) -> None:
    first = tunnel.first
    rows = {stem: rows_of(tunnel.folder, stem) for stem in stems(tunnel.folder)}
    assert first.adds_up
    assert first.total.rows == sum(map(len, rows.values())) == 237_149
    read = sum(len(rows[stem]) * len({series.sensor for series in series_of(stem)}) for stem in rows)
    assert (first.total.readings.read, first.total.readings.dead_letters) == (read, 0)
    assert first.total.readings.stored == tunnel.events == sum(tunnel.readings.values())
    assert first.total.missing == sum(number is None for all_of in rows.values() for row in all_of for number in row.numbers())


def test_a_second_run_stores_nothing_new(tunnel: Imported) -> None:
    second = tunnel.second.total.readings
    assert (second.stored, second.dead_letters) == (0, 0)
    assert second.duplicates == second.read == tunnel.first.total.readings.read


def doubled(folder: Path, stem: str) -> tuple[set[datetime], int]:
    """The times of a file that stand twice with different rows, and how many stand twice with the same row."""
    rows: defaultdict[datetime, list[list[str]]] = defaultdict(list)
    for row in rows_of(folder, stem):
        rows[row.local].append(row.cells)
    twice = {local: cells for local, cells in rows.items() if len(cells) > 1}
    different = {local for local, cells in twice.items() if any(each != cells[0] for each in cells)}
    return different, len(twice) - len(different)


def test_of_35_times_that_stand_twice_with_different_rows_25_keep_two_values_and_10_one(tunnel: Imported) -> None:
    kept: Counter[int] = Counter()
    plain = 0
    for stem in stems(tunnel.folder):
        different, same = doubled(tunnel.folder, stem)
        plain += same
        near = {local.replace(tzinfo=UTC) - timedelta(hours=hours) for local in different for hours in (1, 2)}
        most = dict.fromkeys(different, 0)
        for series in series_of(stem):
            there = [value for value in tunnel.values[series] if value.time in near and value.value is not None]
            values = Counter(wall_clock(stem, value.time) for value in there)
            most = {local: max(count, values[local]) for local, count in most.items()}
        kept.update(most.values())
    assert kept == {2: 25, 1: 10}
    assert tunnel.first.total.readings.duplicates == plain == 12


@pytest.mark.parametrize("stem", ["Micro_1", "Micro_2", "Temp_4ch_1", "Temp_4ch_2"])
def test_the_doubled_hour_is_two_hours_in_the_log(tunnel: Imported, stem: str) -> None:
    night = {STEPPED_BACK + timedelta(minutes=15 * quarter) for quarter in range(-4, 4)}
    for series in series_of(stem):
        assert night <= {value.time for value in tunnel.values[series]}


def test_what_is_out_of_range_is_stored_and_marked_and_nothing_else_is(tunnel: Imported) -> None:
    marked: Counter[str] = Counter()
    for series, values in tunnel.values.items():
        low, high = PLAUSIBLE[series.metric]
        for value, count in values.items():
            out = value.value is not None and not low <= value.value <= high
            assert (value.verdict is not None) == out, (series, value)
            marked[series.device] += count * out
    assert marked.total() == tunnel.first.total.out_of_range
    assert all(marked[device] for device in ("Micro_1", "Micro_2", "Ref_PAR", "Temp_4ch_1", "Temp_4ch_2"))


def test_the_known_faults_are_among_what_is_marked(tunnel: Imported) -> None:
    bad: defaultdict[str, set[int]] = defaultdict(set)
    for series, values in tunnel.values.items():
        bad[series.metric].update(round(value.value) for value in values if value.verdict and value.value is not None)
    assert bad["temperature"] >= {754, 412, 28264, -94}
    assert tunnel.values[Series("Micro_2", "water-2", "water_content")][
        Value(datetime(2022, 2, 3, 10, 15, tzinfo=UTC), -0.2874, "below_range")
    ]


def test_lux_under_a_header_of_klux_is_stored_as_the_header_says_and_marked(tunnel: Imported) -> None:
    light = tunnel.values[Series("Ref_PAR", "light", "illuminance")]
    bad = [value for value in light if value.verdict is not None]
    assert min(value.time for value in bad) >= datetime(2022, 5, 3, 22, tzinfo=UTC)
    assert {value.verdict for value in bad} == {"above_range"}
    assert max(value.value for value in bad if value.value is not None) == 99_573_000


def midday(values: Counter[Value], start: datetime, end: datetime) -> float:
    """The hour, in UTC, that is the middle of the light, on the median day."""
    lit: defaultdict[object, list[float]] = defaultdict(list)
    for value in values:
        if start <= value.time < end and value.value is not None and value.value > DARK:
            lit[value.time.date()].append(value.time.hour + value.time.minute / 60)
    middles = sorted((min(hours) + max(hours)) / 2 for hours in lit.values())
    return middles[len(middles) // 2]


@pytest.mark.parametrize(("month", "solar_noon"), [(9, 11.12), (11, 10.96)])
@pytest.mark.parametrize(
    "series", [Series("Micro_2", "par", "par"), Series("Ref_PAR", "light", "illuminance")], ids=lambda series: series.device
)
def test_the_clocks_are_right_since_the_light_is_in_the_middle_at_solar_noon(
    tunnel: Imported, series: Series, month: int, solar_noon: float
) -> None:
    start = datetime(2021, month, 1, tzinfo=UTC)
    assert midday(tunnel.values[series], start, start + timedelta(days=30)) == pytest.approx(solar_noon, abs=0.35)
