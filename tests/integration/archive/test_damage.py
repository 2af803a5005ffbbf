"""What a disk does to an archive: a damaged file is named and nothing is deleted; a full disk loses nothing."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from adapters.history.port import HistoryError, HistoryUnavailableError, RangeQuery
from tests.support.archives import archived_history, everything, files_in, fill, numbers, retain, row

FULL = Path(__file__).with_name("archive_on_a_full_disk.py")


def flip(file: Path, place: float) -> None:
    content = bytearray(file.read_bytes())
    content[int(len(content) * place)] ^= 0xFF
    file.write_bytes(bytes(content))


@pytest.mark.parametrize("place", [0.1, 0.3, 0.6])
async def test_a_damaged_file_is_named_and_its_day_stays_where_it_is(tmp_path: Path, place: float) -> None:
    rows = [row(number, second=number, value=number / 7) for number in range(2_000)]
    async with archived_history(tmp_path) as history:
        await fill(history, rows)
        await fill(history, [row(9_000, day=1)])
        await retain(history)
        damaged, _ = files_in(tmp_path)
        flip(damaged, place)
        await fill(history, [row(9_001, second=9_001), row(9_002, day=1, second=1)])
        report = await retain(history)
        [failure] = report.failures
        assert failure.day == "2022-06-01"
        assert str(damaged) in failure.reason
        assert damaged.exists()
        assert await history.store.count() == 1
        assert report.days == 1, "other days go on"


async def test_a_question_that_meets_a_damaged_file_names_it(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1), row(2, day=1)])
        await retain(history)
        damaged, _ = files_in(tmp_path)
        damaged.write_bytes(damaged.read_bytes()[:100])
        with pytest.raises(HistoryError, match=f"{damaged} cannot be read, it may be damaged"):
            await history.readings(RangeQuery(device="north-1"))


async def test_a_draft_that_was_left_behind_is_no_file_of_the_archive(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1)])
        await retain(history)
        [file] = files_in(tmp_path)
        file.with_name(f".{file.name}.draft").write_bytes(b"PAR1 half")
        file.with_name("part-0.parquet").write_bytes(file.read_bytes())
        await fill(history, [row(2, second=1)])
        assert not (await retain(history)).failures
        assert numbers(await everything(history)) == [1, 2]
        assert len(files_in(tmp_path)) == 1, "what a crash left is taken in, each row once"


async def test_on_a_full_disk_nothing_is_lost_and_the_next_run_goes_on(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, FULL, tmp_path, env={"PYTHONPATH": str(Path(__file__).parents[3])}, stdout=PIPE
    )
    out, _ = await child.communicate()
    told = [line for line in out.decode().splitlines() if line.startswith(("full", "room"))]
    assert told == ["full: 0 moved, 20000 in the store", "room: 2 moved, 0 in the store, 20000 in all"]


async def test_an_archive_that_cannot_be_a_folder_is_named_and_the_store_keeps_its_rows(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1)])
        (tmp_path / "archive").write_text("in the way")
        with pytest.raises(HistoryUnavailableError, match=f"the archive {tmp_path / 'archive'} cannot be written"):
            await retain(history)
        assert await history.store.count() == 1
