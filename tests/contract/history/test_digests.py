"""What a history holds by device and day: it adds up to the hashes of all, and is looked at as of one moment."""

import asyncio
from datetime import date

from adapters.history.content import hashes
from adapters.history.port import RAW, History, HistoryRow
from adapters.history.raw_rows import raw_rows
from domain.day_digests import DeviceDay, differing
from schema.envelope import Position
from schema.events import Quality
from schema.times import DAY_US


def row(device: str, number: int, value: float = 20.0) -> HistoryRow:
    """Four readings a day."""
    event_id = number.to_bytes(16, "big")
    at = number * DAY_US // 4
    return HistoryRow(device, "air", "temperature", at, value, "degC", Quality.GOOD, event_id, at, number, Position(number))


def unheard() -> None:
    """Nobody waits for the moment."""


async def test_they_add_up_to_the_content_hashes(history: History) -> None:
    await history.write(raw_rows([row("tomato-1", number) for number in range(9)] + [row("tomato-2", 20)]))
    found = await history.digests(unheard)
    assert hashes(found) == await history.content_hashes()
    assert sorted(found[RAW].rows.tolist()) == [1, 1, 4, 4]


async def test_a_row_that_was_written_twice_counts_once(history: History) -> None:
    await history.write(raw_rows([row("tomato-1", 1)]))
    once = await history.digests(unheard)
    await history.write(raw_rows([row("tomato-1", 1)]))
    assert list(differing((await history.digests(unheard))[RAW], once[RAW])) == []


async def test_what_differs_is_named_by_device_and_day(history: History) -> None:
    await history.write(raw_rows([row("tomato-1", number) for number in range(9)]))
    before = await history.digests(unheard)
    await history.write(raw_rows([row("tomato-1", 9, 30.0), row("tomato-2", 1)]))
    named = sorted(differing((await history.digests(unheard))[RAW], before[RAW]))
    assert named == [DeviceDay("tomato-1", date(1970, 1, 3)), DeviceDay("tomato-2", date(1970, 1, 1))]


async def test_what_is_written_after_the_moment_that_is_told_does_not_show(history: History) -> None:
    await history.write(raw_rows([row("tomato-1", number) for number in range(9)]))
    before = hashes(await history.digests(unheard))
    taken = asyncio.Event()
    asked = asyncio.create_task(history.digests(taken.set), name="digests")
    await asyncio.wait_for(taken.wait(), 30)
    await history.write(raw_rows([row("tomato-1", 9)]))
    assert hashes(await asked) == before
    assert await history.count() == 10
