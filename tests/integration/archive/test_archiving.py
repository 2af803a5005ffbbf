"""Whole days of raw rows move into Parquet files that any program reads, and are found as before."""

import asyncio
import io
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Event
from typing import Any

import duckdb
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from adapters.history.archive.archive import Archive
from adapters.history.archive.entries import Dropped
from adapters.history.archive.staging import Staging
from adapters.history.archived import ArchivedHistory
from adapters.history.port import BeyondRetentionError, HistoryError, RangeQuery
from adapters.history.raw_rows import raw_rows
from adapters.history.retention.job import RetentionJob
from adapters.history.retention.policy import Policy
from adapters.history.retention.report import RetentionBusyError
from glasshouse.errors import SettingsError
from glasshouse.settings import Settings
from schema.times import DAY_US, from_micros
from tests.support.archives import FIRST, HERE, MONTH, NOW, archived_history, everything, files_in, fill, numbers, retain, row


async def test_days_past_their_limit_leave_the_store_and_are_read_as_before(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(day, day=day) for day in (0, 1, 60, 99)])
        before, hashes = await everything(history), await history.content_hashes()
        report = await retain(history)
        assert (report.days, report.rows, report.first_day, report.last_day) == (3, 3, "2022-06-01", "2022-07-31")
        assert await history.store.count() == 1
        assert await everything(history) == before
        assert await history.content_hashes() == hashes
        assert await history.count() == 4


async def test_a_day_that_is_not_old_enough_to_its_end_stays(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1, day=69), row(2, day=70)])
        assert (await retain(history)).last_day == "2022-08-09"
        assert await history.store.count() == 1


async def test_a_second_run_finds_nothing_to_do(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1)])
        await retain(history)
        manifest = (tmp_path / "archive" / "_manifest.jsonl").read_bytes()
        assert (await retain(history)).days == 0
        assert (tmp_path / "archive" / "_manifest.jsonl").read_bytes() == manifest


async def test_a_dry_run_tells_what_would_move_and_moves_nothing(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1), row(2, day=1)])
        report = await retain(history, dry_run=True)
        assert (report.dry_run, report.days, report.rows) == (True, 2, 2)
        assert await history.store.count() == 2
        assert not (tmp_path / "archive").exists()


async def test_without_a_limit_nothing_moves(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1)])
        assert (await retain(history, Policy())).days == 0
        assert await history.store.count() == 1


async def test_duckdb_reads_the_archive_as_it_is(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1, device="north-1"), row(2, device="south-1", value=3.0), row(3, device="alone")])
        await retain(history)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT site, day::VARCHAR, device, epoch_us(timestamp), value, unit, quality, revision "
            f"FROM read_parquet('{tmp_path}/archive/**/*.parquet', hive_partitioning = true) ORDER BY device"
        ).fetchall()
    assert found == [
        (None, "2022-06-01", "alone", FIRST, 20.5, "degC", "good", 3),
        ("north", "2022-06-01", "north-1", FIRST, 20.5, "degC", "good", 1),
        ("south", "2022-06-01", "south-1", FIRST, 3.0, "degC", "good", 2),
    ]


async def test_arrow_reads_the_archive_as_a_partitioned_dataset(tmp_path: Path) -> None:
    rows = [row(number, day=number % 3, second=number) for number in range(30)]
    async with archived_history(tmp_path) as history:
        await fill(history, rows)
        await retain(history)
    table = ds.dataset(tmp_path / "archive", format="parquet", partitioning="hive").to_table()
    assert table.num_rows == 30
    assert set(table["site"].to_pylist()) == {"north"}
    assert sorted(set(table["day"].to_pylist())) == ["2022-06-01", "2022-06-02", "2022-06-03"]
    assert {str(id_).replace("-", "") for id_ in table["event_id"].to_pylist()} == {one.event_id.hex() for one in rows}
    [first, *_] = files_in(tmp_path)
    times = pq.read_table(first)["timestamp"].to_pylist()
    assert times == sorted(times)
    assert pq.read_metadata(first).row_group(0).column(3).compression == "ZSTD"


async def test_late_rows_of_an_archived_day_join_its_file_once(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1), row(2, second=5)])
        await retain(history)
        [before] = files_in(tmp_path)
        await fill(history, [row(3, second=3), row(2, second=5)])
        assert numbers(await everything(history)) == [1, 3, 2]
        assert await history.count() == 3
        hashes = await history.content_hashes()
        report = await retain(history)
        assert (report.rows, report.new_rows) == (3, 1)
        [after] = files_in(tmp_path)
        assert after != before
        assert numbers(await everything(history)) == [1, 3, 2]
        assert await history.content_hashes() == hashes


async def test_what_is_archived_already_makes_no_new_file(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1), row(2, second=5)])
        await retain(history)
        before = [(file, file.stat().st_mtime_ns) for file in files_in(tmp_path)]
        await fill(history, [row(1)])
        assert (await retain(history)).new_rows == 0
        assert [(file, file.stat().st_mtime_ns) for file in files_in(tmp_path)] == before
        assert await history.store.count() == 0


async def test_a_device_stays_filed_where_it_was_first(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1, device="alone")])
        await retain(history)
        mark = (await history.watermarks())["alone"]
        moved = type(mark)(mark.time_us, mark.recorded_us, mark.position, "north")
        await history.write(raw_rows([row(1, device="alone"), row(2, device="alone", second=1)]))
        await history.keep([], {"alone": moved}, HERE)
        await retain(history)
        [file] = files_in(tmp_path)
        assert file.parent.parent.name == "site=__HIVE_DEFAULT_PARTITION__"
        assert len(await everything(history, "alone")) == 2


async def test_rows_that_come_while_a_day_is_read_keep_it_in_the_store(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1)])
        keep_day = history.archive.keep_day

        async def and_meanwhile(*arguments: object) -> object:
            kept = await keep_day(*arguments)  # type: ignore[arg-type]
            await history.write(raw_rows([row(2, second=1)]))
            return kept

        history.archive.keep_day = and_meanwhile  # type: ignore[method-assign, assignment]
        assert (await retain(history)).changed == ["2022-06-01"]
        assert await history.store.count() == 2
        history.archive.keep_day = keep_day  # type: ignore[method-assign]
        assert (await retain(history)).days == 1
        assert numbers(await everything(history)) == [1, 2]


async def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history, archived_history(tmp_path / "other") as other:
        await fill(history, [row(1)])
        await fill(other, [row(1)])
        job = RetentionJob(lambda: history, MONTH, lambda: NOW)
        other.archive.root = history.archive.root
        refused = []

        async def again(*_: object) -> list[int]:
            for one in (job, RetentionJob(lambda: other, MONTH, lambda: NOW)):
                with pytest.raises(HistoryError) as error:
                    await one.run()
                refused.append(error.value)
            return []

        history.store.days = again  # type: ignore[method-assign, assignment]
        await job.run()
        assert isinstance(refused[0], RetentionBusyError)
        assert "another process" in str(refused[1])


async def test_what_is_past_the_archives_own_limit_is_gone_and_refused(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(day, day=day) for day in (0, 1, 60, 99)])
        await retain(history)
        report = await retain(history, Policy(raw=30, archive=50))
        assert report.expired_days == 2
        assert len(files_in(tmp_path)) == 1
    async with archived_history(tmp_path) as history:
        with pytest.raises(BeyondRetentionError, match="2022-06-01 to 2022-06-02 are past the retention"):
            history.require("north-1", FIRST, FIRST + 70 * DAY_US)
        history.require("south-1", FIRST, FIRST + 70 * DAY_US)
        with pytest.raises(HistoryError, match="north-1 of 2022-06-02 are past the retention"):
            await history.readings(RangeQuery(device="north-1", start=from_micros(FIRST + DAY_US)))
        later = RangeQuery(device="north-1", start=from_micros(FIRST + 2 * DAY_US))
        assert numbers(await history.readings(later)) == [60, 99]
        assert numbers(await everything(history)) == [60, 99], "who names no beginning asks for what is kept"
        assert history.rows_gone("north-1", FIRST, FIRST + 1)
        assert not history.rows_gone("south-1", FIRST, FIRST + 1)
        assert history.whole_from() == FIRST + 2 * DAY_US


async def test_a_file_that_is_missing_is_named_where_it_is_needed(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1), row(2, day=1)])
        await retain(history)
        [first, _] = files_in(tmp_path)
        first.unlink()
        with pytest.raises(
            BeyondRetentionError, match="of 2022-06-01 are past the retention of the archive, or missing from it"
        ):
            await history.readings(RangeQuery(device="north-1", start=from_micros(FIRST)))
        assert numbers(await history.readings(RangeQuery(device="north-1", start=from_micros(FIRST + DAY_US)))) == [2]
        await fill(history, [row(3)])
        report = await retain(history)
        assert "missing from the archive" in report.failures[0].reason
        assert await history.store.count() == 1, "the store keeps what it has of that day"


async def test_an_archive_of_another_log_is_refused(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1)])
        await retain(history)
        with pytest.raises(HistoryError, match="of another event log"):
            await history.keep([], {}, type(HERE)("another", HERE.position))


async def test_a_lost_manifest_is_told_again_from_the_files(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1), row(2, device="south-1"), row(3, day=1)])
        await retain(history)
    (tmp_path / "archive" / "_manifest.jsonl").unlink()
    async with archived_history(tmp_path) as history:
        assert numbers(await everything(history)) == [1, 3]
        assert numbers(await everything(history, "south-1")) == [2]
        assert await history.count() == 3
    async with archived_history(tmp_path) as history:
        assert await history.count() == 3


async def test_a_torn_last_line_of_the_manifest_is_mended(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1)])
        await retain(history)
    with (tmp_path / "archive" / "_manifest.jsonl").open("ab") as file:
        file.write(b'{"entry":"kept","si')
    async with archived_history(tmp_path) as history:
        await fill(history, [row(2, day=1)])
        await retain(history)
    async with archived_history(tmp_path) as history:
        assert numbers(await everything(history)) == [1, 2]


async def test_a_line_of_the_manifest_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "_manifest.jsonl").write_bytes(b'{"entry":"begun","log_id":"log"}\nno\n')
    with pytest.raises(HistoryError, match=r"line 2 of .*_manifest\.jsonl cannot be read"):
        async with archived_history(tmp_path):
            pass


async def test_a_process_that_shares_the_history_hears_of_what_another_archives(tmp_path: Path) -> None:
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1), row(2, day=1)])
        other = ArchivedHistory(history.store, await Archive.open(tmp_path / "archive"))
        assert numbers(await everything(other)) == [1, 2]
        await retain(history)
        assert numbers(await everything(other)) == [1, 2]
        await retain(history, Policy(raw=30, archive=99))
        assert other.rows_gone("north-1", FIRST, FIRST + 1)
        await other.archive.close()


async def test_a_store_in_influxdb_needs_an_archive_that_all_can_see() -> None:
    settings = Settings(history="influxdb://token@host:8086/org", keep_raw_days=30)
    with pytest.raises(SettingsError, match="GLASSHOUSE_ARCHIVE"):
        _ = settings.retention
    assert Settings(history="influxdb://t@host:8086/org", keep_raw_days=30, archive="/shared").retention.raw == 30


async def test_two_threads_that_look_into_the_manifest_at_once_miss_nothing_that_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = [await Archive.open(tmp_path) for _ in range(2)]
    await other.note(Dropped("2022-06-01"))
    both = Barrier(2, timeout=0.2)
    real = Path.open

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            content = super().read(size)
            with suppress(BrokenBarrierError):
                both.wait()
            return content

    def opened(path: Path, mode: str = "r", *rest: Any) -> Any:
        if mode != "rb" or path.suffix != ".jsonl":
            return real(path, mode, *rest)
        with real(path, mode) as file:
            return Slow(file.read())

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", opened)
        await asyncio.gather(*(asyncio.to_thread(lambda: ours.holdings) for _ in range(2)))
    await other.note(Dropped("2022-06-02"))
    assert ours.holdings.dropped == {FIRST, FIRST + DAY_US}


async def test_a_run_that_is_cancelled_while_a_thread_is_at_it_ends_as_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Event()

    def counting(self: Staging) -> list[str]:
        busy.set()
        self._cursor.execute("SELECT sum(a.range + b.range) FROM range(100000) a, range(20000) b").fetchall()
        return []

    monkeypatch.setattr(Staging, "devices", counting)
    async with archived_history(tmp_path) as history:
        await fill(history, [row(1)])
        running = asyncio.create_task(retain(history))
        assert await asyncio.to_thread(busy.wait, 10)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await history.store.count() == 1
