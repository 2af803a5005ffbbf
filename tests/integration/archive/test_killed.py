"""Killed at any moment, the job has lost no row and counts none twice."""

import asyncio
import random
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from pathlib import Path

import duckdb

from adapters.history.port import RangeQuery
from tests.support.archives import archived_history, retain
from tests.support.documents import ROOT

CHILD = Path(__file__).with_name("archive_until_killed.py")
ROUNDS, BATCH = 6, 200


async def run_until_killed(folder: Path, first: int, chance: random.Random) -> tuple[int, int]:
    """The last batch that it said was stored, and how many days it moved; killed some time after its first run."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, CHILD, folder, str(first), env={"PYTHONPATH": str(ROOT)}, stdout=PIPE
    )
    assert child.stdout is not None
    stored, moved, left = first - 1, 0, chance.randrange(3, 12)
    line = ""
    while left or not line.startswith("ran"):
        line = (await child.stdout.readline()).decode()
        left = max(0, left - 1)
        assert line, "it ended by itself"
        assert not line.startswith("failed"), line
        stored = int(line.split()[1]) if line.startswith("stored") else stored
        moved += int(line.split()[1]) if line.startswith("ran") else 0
    await asyncio.sleep(chance.random() / 20)  # somewhere between two lines
    child.kill()
    rest, _ = await child.communicate()
    for line in rest.decode().splitlines():
        stored = int(line.split()[1]) if line.startswith("stored") else stored
    return stored, moved


async def test_killed_at_random_moments_no_row_is_lost_or_there_twice(tmp_path: Path) -> None:
    chance = random.Random(5)
    stored, moved = -1, 0
    for _ in range(ROUNDS):
        stored, days = await run_until_killed(tmp_path, stored + 1, chance)
        moved += days
    assert moved > 0, "it was always killed before it had archived anything"
    async with archived_history(tmp_path) as history:
        shown = await history.readings(RangeQuery(device="d", limit=10**6))
        expected = range((stored + 1) * BATCH)
        assert {row.revision for row in shown} >= set(expected)
        assert max(Counter(row.event_id for row in shown).values()) == 1
        assert len(shown) == await history.count()
        report = await retain(history)
        assert not report.failures
        assert await history.store.count() == 0
        assert len(await history.readings(RangeQuery(device="d", limit=10**6))) == len(shown)
    assert told_by_plain_sql(tmp_path) == (len(shown), len(shown))


def told_by_plain_sql(folder: Path) -> tuple[int, int]:
    """How many rows all files have together, and how many different events."""
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT count(*), count(DISTINCT event_id) FROM read_parquet('{folder}/archive/**/*.parquet')"
        ).fetchall()
    return found[0][0], found[0][1]
