"""Old readings as a user moves, exports and sums them up, whether the house runs or rests."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.documents import ROOT
from tests.support.up import glasshouse, running_up

KEEP = {"GLASSHOUSE_KEEP_RAW_DAYS": "30"}


async def run(*arguments: str, env: dict[str, str] = KEEP) -> str:
    """The command's stdout; it must go well."""
    code, out, err = await glasshouse(*arguments, env=env)
    assert code == 0, err
    return out


@pytest.fixture
async def data(tmp_path: Path) -> str:
    folder = str(tmp_path / "data")
    example = ROOT / "docs" / "examples"
    await run("import", str(example / "logger.csv"), "--mapping", str(example / "logger.toml"), "--data", folder, "--json")
    return folder


async def test_readings_move_to_the_archive_and_all_that_is_told_of_them_stays_the_same(data: str, tmp_path: Path) -> None:
    out, again = tmp_path / "readings.csv", tmp_path / "again.csv"
    told = json.loads(await run("export", "--data", data, "--out", str(out), "--original", "--json"))
    assert told == {"what": "readings", "format": "csv", "out": str(out), "bytes": out.stat().st_size}
    summary = await run("summarize", "--data", data, "--json")
    moved = json.loads(await run("retain", "--data", data, "--json"))
    assert (moved["days"], moved["new_rows"], moved["first_day"], moved["failures"]) == (2, 35, "2021-10-30", [])
    await run("export", "--data", data, "--out", str(again), "--original")
    assert again.read_bytes() == out.read_bytes()
    assert await run("summarize", "--data", data, "--json") == summary
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []
    equals_plain_sql(json.loads(summary), data)


def equals_plain_sql(found: list[dict[str, Any]], data: str) -> None:
    """Whether the summaries of months are what DuckDB alone makes of the archive."""
    with duckdb.connect() as connection:
        expected = connection.execute(
            "SELECT strftime(day, '%Y-%m'), device, sensor, metric, count(*), avg(value), min(value), max(value) "
            f"FROM read_parquet('{data}/archive/**/*.parquet', hive_partitioning = true) GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    measured = [one for one in found if one["metric"] in {"temperature", "humidity"}]
    names = ("period", "device", "sensor", "metric", "count", "mean", "min", "max")
    assert [tuple(one[name] for name in names) for one in measured] == [
        (*row[:5], pytest.approx(row[5], rel=1e-12), *row[6:]) for row in expected
    ]
    [warmth] = [one for one in found if one["metric"] == "growing_degree_days"]
    assert warmth["total"] == pytest.approx(warmth["mean"] * warmth["days"])


async def test_a_running_house_moves_exports_and_sums_up_as_a_resting_folder_does(data: str, tmp_path: Path) -> None:
    resting = await run("export", "--data", data, "--out", "-", "--what", "windows", "--window", "P1D")
    seasons = await run("summarize", "--data", data, "--by", "season", "--csv")
    async with running_up(tmp_path / "data", errors=tmp_path / "errors.log", env=KEEP) as up:
        key = ("--data", data, "--key", up.ready["admin_key"])
        moved = json.loads(await run("retain", *key, "--json"))
        assert (moved["days"], moved["rows"], moved["dry_run"]) == (2, 35, False)
        assert await run("export", *key, "--out", "-", "--what", "windows", "--window", "P1D") == resting
        assert await run("summarize", *key, "--by", "season", "--csv") == seasons
        code, _, err = await glasshouse("export", "--data", data, "--out", str(tmp_path / "none.csv"))
        assert (code, "a key is needed" in err) == (8, True)
        assert not (tmp_path / "none.csv").exists()
        assert await up.stop() == 0


async def test_a_table_in_a_pipe_has_a_line_for_each_row_with_its_names_whole(data: str) -> None:
    found = json.loads(await run("summarize", "--data", data, "--json"))
    head, *rows = (await run("summarize", "--data", data, env={"COLUMNS": "40"})).splitlines()
    assert head.split()[:3] == ["period", "sensor", "metric"]
    names = [[one[name] for name in ("period", "device", "sensor", "metric")] for one in found]
    assert [row.split()[:4] for row in rows] == names


@pytest.mark.parametrize(
    ("arguments", "env", "code", "complaint"),
    [
        (("retain",), {}, 2, "GLASSHOUSE_KEEP_RAW_DAYS"),
        (("retain",), {"GLASSHOUSE_KEEP_HOUR_DAYS": "9"}, 2, "needs keep_raw_days"),
        (("retain",), {**KEEP, "GLASSHOUSE_KEEP_ARCHIVE_DAYS": "9"}, 2, "cannot be less than keep_raw_days"),
        (("export", "--out", "-", "--from", "noon"), {}, 2, "noon"),
        (("export", "--out", "-", "--json"), {}, 2, "needs a file"),
        (("export", "--out", "-", "--window", "PT1H"), {}, 2, "ask for windows"),
        (("summarize", "--csv", "--json"), {}, 2, "leave one of them out"),
    ],
)
async def test_what_cannot_be_done_is_told_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], env: dict[str, str], code: int, complaint: str
) -> None:
    found, _, err = await glasshouse(*arguments, "--data", str(tmp_path), env=env)
    assert (found, complaint in err) == (code, True), err
    assert err.count("\n") == 1
