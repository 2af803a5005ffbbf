"""Rebuilds of a history of which days are past all retention, or whose archive lost some."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from adapters.event_log.port import ANY, Append
from adapters.event_log.sqlite import SqliteEventLog
from domain.versions import Outcome
from projections.rebuilds import Action
from schema.events import Operation, ReadingCorrection
from tests.support.house_events import START, pack
from tests.support.up import glasshouse, judged
from tests.support.versions import done

ENDED = (Outcome.EQUAL, 0)
ALL_OF_IT = ReadingCorrection(
    device_id="tomato-0",
    correction_id="all",
    metric="temperature",
    operation=Operation.OFFSET,
    amount=1.0,
    reason="a test",
)


async def retain(data: Path, **shorter: str) -> None:
    """Move all into the archive, and let it forget the days before the first of June."""
    limits = {"GLASSHOUSE_KEEP_RAW_DAYS": "30", "GLASSHOUSE_KEEP_ARCHIVE_DAYS": str((datetime.now(UTC) - START).days)}
    code, out, err = await glasshouse("retain", "--data", str(data), env=limits | shorter)
    assert code == 0, (out, err)


def windows(history: Path) -> list[Any]:
    with duckdb.connect(history, read_only=True) as connection:
        return connection.execute("SELECT device, sensor, metric, start_us, total FROM window_hour ORDER BY ALL").fetchall()


def readings(history: Path) -> int:
    with duckdb.connect(history, read_only=True) as connection:
        [(count,)] = connection.execute("SELECT count(*) FROM reading").fetchall()
        return int(count)


@pytest.fixture
async def shortened(data: Path) -> Path:
    """With a day of which only windows are left."""
    await done(data, "history", Action.VERIFY)
    before = windows(data / "history.duckdb")
    await retain(data)
    assert not list((data / "archive").glob("*/day=2026-05-31"))
    assert list((data / "archive").glob("*/day=2026-06-01"))
    assert (readings(data / "history.duckdb"), windows(data / "history.duckdb")) == (0, before)
    return data


async def test_days_past_all_retention_keep_their_windows_and_make_no_difference(shortened: Path) -> None:
    before = windows(shortened / "history.duckdb")
    verified = await done(shortened, "history", Action.VERIFY)
    assert (verified.outcome, verified.differing_days) == ENDED
    rebuilt = await done(shortened, "history")
    assert (rebuilt.outcome, rebuilt.differing_days, rebuilt.switched) == (*ENDED, True)
    assert windows(shortened / "history-2.duckdb") == before
    await retain(shortened)
    assert (readings(shortened / "history-2.duckdb"), windows(shortened / "history-2.duckdb")) == (0, before)
    assert not list((shortened / "archive").glob("*/day=2026-05-31"))
    again = await done(shortened, "history", Action.VERIFY)
    assert (again.outcome, again.differing_days) == ENDED
    back = await done(shortened, "history", Action.ROLLBACK)
    assert (back.outcome, back.serving, back.differing_days) == (Outcome.EQUAL, 2, 0)


@pytest.mark.parametrize("damage", ["missing", "damaged"])
async def test_where_the_archive_lost_a_day_the_log_has_it_still_and_the_others_are_compared(
    shortened: Path, damage: str
) -> None:
    for file in (shortened / "archive").glob("*/day=2026-06-01/*.parquet"):
        if damage == "missing":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[:200])
    before = windows(shortened / "history.duckdb")
    rebuilt = await done(shortened, "history")
    assert (rebuilt.outcome, rebuilt.differing_days, rebuilt.switched) == (*ENDED, True)
    assert windows(shortened / "history-2.duckdb") == before
    assert readings(shortened / "history-2.duckdb") == 4_000


async def test_windows_that_lean_on_days_past_all_retention_stay_as_they_were_and_make_no_difference(data: Path) -> None:
    await done(data, "history", Action.VERIFY)
    await retain(data, **dict.fromkeys((f"GLASSHOUSE_KEEP_{span}_DAYS" for span in ("MINUTE", "QUARTER", "HOUR")), "30"))
    log = await SqliteEventLog.open(data / "events.db")
    stream, event = pack("control-tomato-0", ALL_OF_IT)
    await log.append([Append(stream, ANY, [event])])
    await log.close()
    ledger = data.parent / "ledger.jsonl"
    ledger.touch()
    assert (await judged(ledger, data))["diverged"] == []
    for action in (Action.VERIFY, Action.REBUILD):
        report = await done(data, "history", action)
        assert (report.outcome, report.differing_days) == ENDED, report.days
