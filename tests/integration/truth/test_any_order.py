"""G3 at length: however the same messages come, live and rebuilt, every figure that can be asked for is the same."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.history.duckdb import DuckDbHistory
from adapters.history.influx.history import InfluxHistory
from adapters.history.port import History
from projections.latest import LatestState
from schema.envelope import NewEvent, decode_metadata
from schema.times import to_micros
from tests.support import influx
from tests.support.api import House, small_house
from tests.support.asking import HEAT, SERIES, SUMMARY
from tests.support.house_events import Said, tell
from tests.support.memory_log import MemoryLog
from tests.support.real_house import Source, fill
from tests.support.stirring import DEVICES, decided, delayed, mixed, shuffled, told

EVENTS = int(os.environ.get("GLASSHOUSE_TEST_EVENTS", "1200"))
BATCHES = 5
AFTERWARDS = to_micros(datetime(2027, 1, 1, tzinfo=UTC))
Open = Callable[[Path], Awaitable[History]]
Stir = Callable[[Sequence[Said], int], list[Said]]

pytestmark = pytest.mark.timeout(60 + EVENTS // 10)


async def duckdb(folder: Path) -> History:
    return await DuckDbHistory.open(folder / "history.duckdb", memory="256MB", threads=1)


@pytest.fixture(params=["duckdb", pytest.param("influxdb", marks=pytest.mark.influxdb)])
def open_history(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens a new history each time."""
    if request.param == "duckdb":
        yield duckdb
        return
    with ExitStack() as urls:
        yield lambda _: InfluxHistory.open(urls.enter_context(influx.history_url()))


async def figures(house: House, devices: Sequence[str], days: Sequence[str]) -> dict[str, Any]:
    """Digests of what is kept, and what is answered of days, indices and places; without what is history of the process."""
    latest = house.services.latest
    assert isinstance(latest, LatestState)
    found: dict[str, Any] = {"latest": latest.content_hash(), **await house.history.content_hashes()}
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


@dataclass(frozen=True)
class Trial:
    """Where houses of a test keep what they know, and what is asked of them. Each history that is opened is a new one."""

    folder: Path
    open_history: Open
    devices: Sequence[str]
    days: Sequence[str]

    @asynccontextmanager
    async def house(self, name: str, log: MemoryLog, history: History | None = None) -> AsyncIterator[House]:
        (self.folder / name).mkdir()
        history = history or await self.open_history(self.folder / name)
        async with small_house(self.folder / name, log=log, history=history) as house:
            yield house


async def hold_to_any_order(trial: Trial, said: Sequence[Said], stirred: Sequence[Said]) -> None:
    """The same from the messages in order, from stirred ones as they come, and from these read again from the log.

    What is in order lies in DuckDB: stores come to the same figures, too.
    """
    straight, log = MemoryLog(start_us=AFTERWARDS), MemoryLog(start_us=AFTERWARDS)
    await tell(straight, said)
    async with trial.house("straight", straight, await duckdb(trial.folder)) as house:
        expected = await figures(house, trial.devices, trial.days)
    async with trial.house("live", log) as house:
        size = len(stirred) // BATCHES + 1
        for start in range(0, len(stirred), size):
            await house.says(stirred[start : start + size])
        assert await figures(house, trial.devices, trial.days) == expected
    async with trial.house("rebuilt", log) as house:
        assert await figures(house, trial.devices, trial.days) == expected


@pytest.mark.soak
@pytest.mark.parametrize("stir", [delayed, shuffled])
async def test_a_house_is_the_same_in_any_order_delay_and_doubling_live_and_rebuilt(
    tmp_path: Path, open_history: Open, stir: Stir
) -> None:
    said = told(EVENTS, seed=3)
    stirred = mixed(stir(said, 5), decided(), seed=6)
    days = ["2026-06-01", "2026-06-03", "2026-06-05"]
    await hold_to_any_order(Trial(tmp_path, open_history, DEVICES, days), [*decided(), *said], stirred)


SOME = ("Valid_[AD]",)
MANY = ("Valid_*", "TRH_*", "Temp_4ch_1")
"""More than a hundred thousand readings."""


@pytest.mark.soak
async def test_tunnel_1_is_the_same_in_any_order_delay_and_doubling_live_and_rebuilt(
    tmp_path: Path, open_history: Open
) -> None:
    files = MANY if EVENTS >= 100_000 else SOME
    log = MemoryLog()
    await fill(Source("tunnel-1", files, "tunnel-1", "Europe/Rome"), log)
    imported = [event async for page in log.read_all(None) for event in page.events]
    said = [(event.stream, NewEvent(event.id, event.type, event.data, event.metadata)) for event in imported]
    assert {decode_metadata(event.metadata).site for _, event in said[1:]} == {"tunnel-1"}
    stirred = [said[0], *delayed(said[1:], 7)]
    assert stirred != said
    days = ["2022-06-21", "2022-07-01", "2022-07-02"]
    await hold_to_any_order(Trial(tmp_path, open_history, ["Valid_A", "Valid_D"], days), said, stirred)
