"""G3 at length: however the same messages come, live and rebuilt, every figure that can be asked for is the same."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from projections.latest import LatestState
from schema.envelope import NewEvent, decode_metadata
from schema.times import to_micros
from tests.support.api import House, small_house
from tests.support.asking import HEAT, SERIES, SUMMARY
from tests.support.house_events import Said, tell
from tests.support.memory_log import MemoryLog
from tests.support.real_house import Source, fill
from tests.support.stirring import DEVICES, decided, delayed, mixed, shuffled, told

EVENTS = int(os.environ.get("GLASSHOUSE_TEST_EVENTS", "2000"))
BATCHES = 8
AFTERWARDS = to_micros(datetime(2027, 1, 1, tzinfo=UTC))
Stir = Callable[[Sequence[Said], int], list[Said]]

pytestmark = pytest.mark.timeout(60 + EVENTS // 10)


async def figures(house: House, devices: Sequence[str], days: Sequence[str]) -> dict[str, Any]:
    """Digests of what is kept, and what is answered of days, indices and places; without what is history of the process."""
    latest, history = house.services.latest, house.services.history
    assert isinstance(latest, LatestState)
    assert history is not None
    found: dict[str, Any] = {"latest": latest.content_hash(), **await history.content_hashes()}
    for device in devices:
        for day in days:
            for calendar in ("UTC", "SITE"):
                asked = {"device": device, "date": day, "calendar": calendar}
                found[f"{device} {day} {calendar}"] = bare((await house.ask(SUMMARY, asked))["dailySummary"])
    span = {"from": f"{days[0]}T00:00:00Z", "to": f"{days[-1]}T21:37:00Z"}
    selectors = [{"deviceId": device, "sensorId": "main", "metric": "dew_point"} for device in devices[:3]]
    lines = (await house.ask(SERIES, {"selectors": selectors, **span, "window": "PT1H", "calendar": "UTC"}))["series"]
    found["dew points"] = [bare(line["buckets"]) for line in lines]
    for metric in ("temperature", "vapour_pressure_deficit"):
        found[f"heat map of {metric}"] = (await house.ask(HEAT, {"metric": metric, **span}))["heatMap"]
    return found


def bare(windows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in one.items() if name not in {"revision", "final"}} for one in windows]


async def read_at_once(folder: Path, log: MemoryLog, devices: Sequence[str], days: Sequence[str]) -> dict[str, Any]:
    """The figures of a house that reads a log which is there already."""
    folder.mkdir()
    async with small_house(folder, log=log) as house:
        return await figures(house, devices, days)


async def hold_to_any_order(
    folder: Path, said: Sequence[Said], stirred: Sequence[Said], devices: Sequence[str], days: Sequence[str]
) -> None:
    """The same from the messages in order, from stirred ones as they come, and from these read again from the log."""
    straight, log = MemoryLog(start_us=AFTERWARDS), MemoryLog(start_us=AFTERWARDS)
    await tell(straight, said)
    expected = await read_at_once(folder / "straight", straight, devices, days)
    (folder / "live").mkdir()
    async with small_house(folder / "live", log=log) as house:
        size = len(stirred) // BATCHES + 1
        for start in range(0, len(stirred), size):
            await house.says(stirred[start : start + size])
        live = await figures(house, devices, days)
    assert live == expected
    assert await read_at_once(folder / "rebuilt", log, devices, days) == expected


@pytest.mark.soak
@pytest.mark.parametrize("stir", [delayed, shuffled])
async def test_a_house_is_the_same_in_any_order_delay_and_doubling_live_and_rebuilt(tmp_path: Path, stir: Stir) -> None:
    said = told(EVENTS, seed=3)
    stirred = mixed(stir(said, 5), decided(), seed=6)
    days = [f"2026-06-0{day}" for day in range(1, 6)]
    await hold_to_any_order(tmp_path, [*decided(), *said], stirred, DEVICES, days)


SOME = ("Valid_[AD]",)
MANY = ("Valid_*", "TRH_*", "Temp_4ch_1")
"""More than a hundred thousand readings."""


@pytest.mark.soak
async def test_tunnel_1_is_the_same_in_any_order_delay_and_doubling_live_and_rebuilt(tmp_path: Path) -> None:
    files = MANY if EVENTS >= 100_000 else SOME
    log = MemoryLog()
    await fill(Source("tunnel-1", files, "tunnel-1", "Europe/Rome"), log)
    imported = [event async for page in log.read_all(None) for event in page.events]
    said = [(event.stream, NewEvent(event.id, event.type, event.data, event.metadata)) for event in imported]
    assert {decode_metadata(event.metadata).site for _, event in said[1:]} == {"tunnel-1"}
    stirred = [said[0], *delayed(said[1:], 7)]
    assert stirred != said
    await hold_to_any_order(tmp_path, said, stirred, ["Valid_A", "Valid_B"], ["2022-06-21", "2022-07-01", "2022-07-02"])
