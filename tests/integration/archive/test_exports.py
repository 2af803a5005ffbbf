"""Exports over an archive that lost a file, or whose first days are past all retention."""

import csv
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from adapters.history.archived import ArchivedHistory
from adapters.history.retention.policy import Policy
from tests.integration.archive.test_windows import DAY, LATER, START
from tests.support.api import House, small_house
from tests.support.archives import archived_history, retain
from tests.support.house_events import reading

ALL = {"what": "readings", "format": "csv"}


@pytest.fixture
async def stored(tmp_path: Path) -> AsyncIterator[ArchivedHistory]:
    async with archived_history(tmp_path) as history:
        yield history


@pytest.fixture
async def house(tmp_path: Path, stored: ArchivedHistory) -> AsyncIterator[House]:
    """Three days of one device, and one of another."""
    async with small_house(tmp_path, history=stored) as house:
        await house.says([reading("tomato-1", day * DAY, temperature=20.0 + day) for day in range(3)])
        await house.says([reading("tomato-2", DAY, temperature=5.0)])
        yield house


async def export(house: House, **asked: str) -> httpx.Response:
    async with house.client() as client:
        return await client.get("/export", params={**ALL, **asked})


def days_in(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["timestamp"].partition("T")[0] for row in csv.DictReader(answer.text.splitlines())]


async def test_a_day_that_is_missing_refuses_the_export_until_it_is_put_back(
    tmp_path: Path, house: House, stored: ArchivedHistory
) -> None:
    await retain(stored, Policy(raw=30), now=LATER)
    [file] = (tmp_path / "archive").glob("*/day=2026-06-02/*.parquet")
    whole = file.read_bytes()
    file.unlink()
    refused = await export(house, device="tomato-1")
    assert (refused.status_code, "2026-06-02" in refused.text) == (410, True)
    assert days_in(await export(house, device="tomato-1", to="2026-06-02T00:00:00Z")) == ["2026-06-01"]
    file.write_bytes(whole)
    assert days_in(await export(house, device="tomato-1")) == ["2026-06-01", "2026-06-02", "2026-06-03"]


async def test_who_names_no_beginning_gets_what_is_kept(house: House, stored: ArchivedHistory) -> None:
    await retain(stored, Policy(raw=30), now=LATER)
    await retain(stored, Policy(raw=30, archive=(LATER - START - timedelta(days=1)).days), now=LATER)
    assert days_in(await export(house)) == ["2026-06-02", "2026-06-03", "2026-06-02"]
    assert (await export(house, **{"from": "2026-06-01T00:00:00Z"})).status_code == 410
