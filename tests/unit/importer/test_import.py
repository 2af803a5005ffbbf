"""Rows become readings and states; what cannot be read is a dead letter that keeps the row; the report adds up."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.event_log.port import Append, Appended, Conflict, LogError
from glasshouse.importer.load import MappingError
from glasshouse.importer.pipeline_sink import pipeline_sink
from glasshouse.importer.render import as_json, as_text
from glasshouse.importer.run import Progress, run_import
from tests.support.fake_log import FakeLog
from tests.support.importer import (
    AIR,
    dead_payloads,
    entry,
    everything,
    import_text,
    mapping_of,
    readings,
    states,
)

VENT = 'states = [{ column = "V", actuator = "vent" }]\n'


class HeldLog(FakeLog):
    """Says when it was asked to append, and never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        self.reached.set()
        self.open.clear()
        return await super().append(appends)


async def test_a_row_is_a_reading_per_sensor_with_its_time_and_counter(tmp_path: Path) -> None:
    columns = """readings = [
        { column = "T", sensor = "air", metric = "temperature", unit = "degF" },
        { column = "H", sensor = "air", metric = "humidity" },
        { column = 5, sensor = "soil", metric = "ec", unit = "uS/cm" },
    ]\n"""
    log = FakeLog()
    mapping = mapping_of(entry(columns, more='counter = "N"\n'))
    text = "\ufeffN, Time , T,H ,X\n7,2021-06-22 11:15,50,NaN,1200\n"
    report = await import_text(tmp_path, log, mapping, box=text)
    air, soil = await readings(log)
    assert (air.device_id, air.sensor_id, air.seq) == ("box", "air", 7)
    assert air.timestamp == datetime(2021, 6, 22, 11, 15, tzinfo=UTC)
    assert air.reading == pytest.approx({"temperature": 10.0})
    assert air.missing == ("humidity",)
    assert soil.reading == pytest.approx({"ec": 1.2})
    assert (report.total.rows, report.total.readings.stored, report.total.missing) == (1, 2, 1)


async def test_two_different_rows_of_one_time_stay_two_and_a_plain_duplicate_is_one(tmp_path: Path) -> None:
    log = FakeLog()
    text = "Time,T\n2021-06-22 11:15,20\n2021-06-22 11:15,21\n2021-06-22 11:15,NaN\n2021-06-22 11:15,20.0\n"
    report = await import_text(tmp_path, log, mapping_of(entry()), box=text)
    assert [reading.reading for reading in await readings(log)] == [{"temperature": 20}, {"temperature": 21}, {}]
    assert report.total.readings.duplicates == 1


async def test_a_second_import_stores_nothing_new(tmp_path: Path) -> None:
    log = FakeLog()
    mapping = mapping_of(entry(AIR + VENT))
    text = "Time,T,V\n2021-06-22 11:15,20,1\nsoon,20,1\n2021-06-22 11:20,abc,0\n"
    await import_text(tmp_path, log, mapping, box=text)
    before = len(await everything(log))
    again = await import_text(tmp_path, log, mapping, box=text)
    assert len(await everything(log)) == before
    assert again.total.readings.stored == again.total.states.stored == 0
    assert again.adds_up


async def test_an_actuator_speaks_only_where_its_column_changes(tmp_path: Path) -> None:
    maps = '[maps.m]\nvalues = { 0 = "closed", 1 = "open" }\notherwise = "keep"\n'
    columns = 'states = [{ column = "V", actuator = "vent" }, { column = "W", actuator = "door", map = "m" }]\n'
    log = FakeLog()
    rows = ["0.30,0", "0.3,0", ",", "0.3,1", "on,1", "on,0.5"]
    text = "Time,V,W\n" + "".join(f"2021-06-22 11:{minute:02},{row}\n" for minute, row in enumerate(rows))
    report = await import_text(tmp_path, log, mapping_of(maps + entry(columns)), box=text)
    said = [(event.actuator_id, event.state, event.timestamp.minute) for event in await states(log)]
    assert said == [("vent", 0.3, 0), ("door", "closed", 0), ("door", "open", 3), ("vent", "on", 4), ("door", 0.5, 5)]
    assert (report.total.states.read, report.total.states.stored) == (5, 5)


@pytest.mark.parametrize(
    ("row", "reason", "letters"),
    [
        ("2021-06-22 11:15,abc,1", "temperature: 'abc' is not a number", 1),
        ("2021-06-22 11:15,1e999,1", "temperature: '1e999' is not a number that can be measured", 1),
        ("22/06/2021 11:15,20,1", "'22/06/2021 11:15' is not a time as the mapping describes it", 2),
        ("2021-06-22 11:15,20", "the row has 2 cells, the header 3", 2),
        ("2021-06-22 11:15,20,1,9", "the row has 4 cells, the header 3", 2),
        ('2021-06-22 11:15,"' + "x" * 140_000 + '",1', "not CSV: field larger than field limit (131072)", 2),
    ],
)
async def test_what_cannot_be_read_is_a_dead_letter_with_its_place_and_its_bytes(
    tmp_path: Path, row: str, reason: str, letters: int
) -> None:
    log = FakeLog()
    text = f"Time,T,V\n2021-06-22 11:00,20,0\n{row}\n2021-06-22 11:30,22,1\n"
    report = await import_text(tmp_path, log, mapping_of(entry(AIR + VENT)), box=text)
    assert report.reasons == {reason: letters}
    assert {(dead.file, dead.line, dead.reason) for dead in report.dead_letters} == {("box.csv", 3, reason)}
    kept = await dead_payloads(log)
    assert len(kept) == letters
    assert {(letter["line"], letter["cannotBeRead"]) for letter in kept} == {(3, reason)}
    if "CSV" not in reason:
        assert all(",".join(letter["row"]) == row for letter in kept)
    assert [reading.reading["temperature"] for reading in await readings(log)] == [20, 22]
    assert report.adds_up


async def test_blank_lines_and_blank_cells_beyond_the_header_are_nothing(tmp_path: Path) -> None:
    log = FakeLog()
    text = "Time;T\r\n\r\n  \r\n2021-06-22 11:15; 20,5 ;;\r\n"
    report = await import_text(tmp_path, log, mapping_of(entry(more='delimiter = ";"\ndecimal = ","\n')), box=text)
    assert [reading.reading for reading in await readings(log)] == [{"temperature": 20.5}]
    assert (report.total.rows, report.total.readings.dead_letters) == (1, 0)


async def test_bytes_that_the_encoding_does_not_know_stop_nothing(tmp_path: Path) -> None:
    log = FakeLog()
    (tmp_path / "box.csv").write_bytes(b"Time,T\n2021-06-22 11:15,\xff\n2021-06-22 11:30,\0\n2021-06-22 11:45,20\n")
    report = await import_text(tmp_path, log, mapping_of(entry()))
    assert (report.total.readings.stored, report.total.readings.dead_letters) == (1, 2)
    assert {letter["row"][1] for letter in await dead_payloads(log)} == {"\\xff", "\0"}


async def test_a_value_beyond_what_is_plausible_is_stored_marked_and_counted(tmp_path: Path) -> None:
    log = FakeLog()
    report = await import_text(tmp_path, log, mapping_of(entry()), box="Time,T\n2021-06-22 11:15,754\n2021-06-22 11:30,-94\n")
    assert [reading.verdicts for reading in await readings(log)] == [
        {"temperature": "above_range"},
        {"temperature": "below_range"},
    ]
    assert report.total.out_of_range == 2


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Time,Temp", "box.csv has no column 'T'; it has: Time, Temp"),
        ("Time,T,T", "box.csv has 2 columns 'T'; name it by its place"),
        ("Time,T,Battery", "does not name column 3 ('Battery'): map it, or list it under 'ignore'"),
        ("", "box.csv is empty"),
    ],
)
async def test_a_file_that_the_mapping_does_not_fit_is_refused_before_anything_is_stored(
    tmp_path: Path, header: str, said: str
) -> None:
    log = FakeLog()
    with pytest.raises(MappingError) as refused:
        await import_text(tmp_path, log, mapping_of(entry()), a="Time,T\n2021-06-22 11:15,20\n", box=f"{header}\n")
    assert said in str(refused.value)
    assert await everything(log) == []


async def test_the_doubled_hour_is_told_apart_by_the_counter_and_refused_without(tmp_path: Path) -> None:
    clock = '[clocks.utc]\nzone = "Europe/Rome"\ntwice = "{}"\n'
    rows = "31,2021-10-31 02:30,3\n30,2021-10-31 02:00,2\n29,2021-10-31 02:30,1\n28,2021-10-31 02:00,0\n"
    counted = mapping_of(entry(more='counter = "N"\n'), clocks=clock.format("counter"))
    log = FakeLog()
    await import_text(tmp_path, log, counted, box=f"N,Time,T\n{rows}")
    half_hours = sorted((reading.timestamp, reading.reading["temperature"]) for reading in await readings(log))
    assert half_hours == [(datetime(2021, 10, 31, half // 2, half % 2 * 30, tzinfo=UTC), half) for half in range(4)]
    refused = FakeLog()
    report = await import_text(
        tmp_path, refused, mapping_of(entry(more='ignore = ["N"]\n'), clocks=clock.format("dead_letter"))
    )
    assert report.total.readings.dead_letters == 4
    assert "2021-10-31 02:30: this local time existed twice: the clocks were put back over it" in report.reasons


async def test_a_folder_gives_the_files_that_are_mapped_and_names_the_other_csv_files(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("free")
    mapping = mapping_of(entry(name="box*.csv"))
    report = await import_text(tmp_path, FakeLog(), mapping, box="Time,T\n", other="a,b\n")
    assert ([file.file for file in report.files], report.not_mapped) == (["box.csv"], ["other.csv"])
    with pytest.raises(MappingError, match=r"no entry of the mapping is for LICENSE; entries are for: box\*.csv"):
        async with pipeline_sink(FakeLog()) as sink:
            await run_import([tmp_path / "LICENSE"], mapping, sink)


async def test_a_log_that_refuses_ends_the_import_with_its_own_words(tmp_path: Path) -> None:
    log = FakeLog()
    log.refuses = lambda _: True
    with pytest.raises(LogError, match="too large for the log"):
        await import_text(tmp_path, log, mapping_of(entry()), box="Time,T\n2021-06-22 11:15,20\n")


async def test_an_import_that_is_cancelled_leaves_no_task_behind(tmp_path: Path) -> None:
    log = HeldLog()
    text = "Time,T\n" + "2021-06-22 11:15,20\n" * 9_000
    importing = asyncio.create_task(import_text(tmp_path, log, mapping_of(entry()), box=text))
    await log.reached.wait()
    importing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await importing
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_progress_runs_up_to_all_the_bytes(tmp_path: Path) -> None:
    text = "Time,T\n" + "2021-06-22 11:15,20\n" * 3_000
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file in files:
        file.write_text(text)
    seen: list[Progress] = []
    async with pipeline_sink(FakeLog()) as sink:
        await run_import([tmp_path], mapping_of(entry()), sink, progress=seen.append)
    assert [step.bytes_read for step in seen] == sorted(step.bytes_read for step in seen)
    assert seen[-1].bytes_read == seen[-1].bytes_total == 2 * len(text)
    assert {step.file for step in seen} == {"a.csv", "b.csv"}


async def test_the_report_is_told_as_text_and_as_json(tmp_path: Path) -> None:
    text = "Time,T\n2021-06-22 11:15,20\n2021-06-22 11:15,20\n2021-06-22 11:30,abc\n"
    report = await import_text(tmp_path, FakeLog(), mapping_of(entry()), box=text)
    told = as_text(report)
    assert "box.csv     3         3       0       1           1             1" in told
    assert "box.csv:4 air: temperature: 'abc' is not a number" in told
    raw = json.loads(as_json(report))
    assert raw["addsUp"] is True
    assert raw["total"]["readings"] == {"read": 3, "stored": 1, "duplicates": 1, "deadLetters": 1}
    assert raw["deadLetters"] == [
        {"file": "box.csv", "line": 4, "about": "air", "reason": "temperature: 'abc' is not a number"}
    ]


cells = st.sampled_from(["20", "21.5", "", "NaN", "abc", "99999", "-1_0", "2021-06-22 11:15", "2021-06-22 11:30", '"', "\0"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(cells, max_size=4).map(",".join), max_size=12))
async def test_whatever_the_rows_are_what_was_read_is_stored_a_duplicate_or_a_dead_letter(
    tmp_path: Path, rows: list[str]
) -> None:
    log = FakeLog()
    report = await import_text(tmp_path, log, mapping_of(entry(AIR + VENT)), box="\n".join(["Time,T,V", *rows]))
    assert report.adds_up
    total = report.total
    assert len(await readings(log)) == total.readings.stored
    assert len(await states(log)) == total.states.stored
    assert total.readings.read == total.rows
