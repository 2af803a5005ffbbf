"""Exports over HTTP: what counts and what was sent, in three formats, to whoever may read."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.history.port import BeyondRetentionError, HistoryError
from api.limits import Limits
from api.roles import Role
from schema.events import Operation, Quality, ReadingCorrection
from tests.support.api import House, small_house
from tests.support.house_events import Said, at, pack, reading


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with small_house(tmp_path, limits=Limits(exports=2, key_exports=1)) as opened:
        yield opened


def readings() -> list[Said]:
    return [reading("tomato-1", minute * 60, temperature=20 + minute / 2, own_id=str(minute)) for minute in range(90)]


async def fetched(house: House, role: Role = Role.VIEWER, **asked: Any) -> bytes:
    async with house.client(role) as client:
        response = await client.get("/export", params=asked)
    assert response.status_code == 200, response.text
    return response.content


async def rows(house: House, **asked: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((await fetched(house, **asked)).decode())))


async def refused(house: House, role: Role | None = Role.VIEWER, **asked: Any) -> tuple[int, str]:
    async with house.client(role) as client:
        response = await client.get("/export", params=asked)
    assert ("retry-after" in response.headers) == (response.status_code in {429, 503}), "only where time alone helps"
    return response.status_code, response.json()["errors"][0]["extensions"]["code"]


async def test_readings_come_with_their_units_and_qualities_in_order(house: House) -> None:
    await house.says([*readings(), reading("tomato-2", 0, quality=Quality.SUSPECTED, temperature=1.5)])
    found = await rows(house)
    assert len(found) == 91
    assert found[1]["timestamp"] == "2026-06-01T00:01:00.000000Z"
    assert [float(one["value"]) for one in found[:90]] == [20 + minute / 2 for minute in range(90)]
    last = found[-1]
    assert (last["device"], last["unit"], last["quality"]) == ("tomato-2", "degC", "suspected")
    page = await house.ask('{ readings(deviceId: "tomato-2") { nodes { eventId } } }')
    assert last["event_id"] == page["readings"]["nodes"][0]["eventId"]


async def test_device_metric_and_time_choose(house: House) -> None:
    await house.says([*readings(), reading("tomato-2", 0, humidity=50.0), reading("tomato-3", 0, temperature=1.0)])
    assert {one["device"] for one in await rows(house, device=["tomato-1", "tomato-2"])} == {"tomato-1", "tomato-2"}
    assert {one["metric"] for one in await rows(house, metric="humidity")} == {"humidity"}
    some = await rows(house, device="tomato-1", **{"from": "2026-06-01T00:10:00Z", "to": "2026-06-01T02:12:00+02:00"})
    assert [one["timestamp"][11:16] for one in some] == ["00:10", "00:11"]
    assert await rows(house, device="nobody") == []


async def test_what_counts_is_corrected_and_the_original_stands_beside_it_where_asked(house: House) -> None:
    correction = ReadingCorrection(
        device_id="tomato-1",
        correction_id="c1",
        metric="temperature",
        start=at(0),
        end=at(120),
        operation=Operation.OFFSET,
        amount=-5.0,
        reason="wrong sensor",
    )
    await house.says([*readings(), pack("control-tomato-1", correction)])
    found = await rows(house, original="true")
    assert [(one["value"], one["original_value"]) for one in found[:3]] == [("15", "20"), ("15.5", "20.5"), ("21", "21")]
    assert {one["original_quality"] for one in found} == {"good"}
    assert "original_value" not in (await rows(house))[0]


async def test_windows_come_with_their_figures(house: House) -> None:
    await house.says(readings())
    [first, second] = await rows(house, what="windows", metric="temperature")
    assert (first["start"], first["end"]) == ("2026-06-01T00:00:00.000000Z", "2026-06-01T01:00:00.000000Z")
    assert (first["count"], float(first["sum"]), first["min"], first["max"]) == ("60", 2085.0, "20", "49.5")
    assert (second["count"], second["first"], second["last"]) == ("30", "50", "64.5")
    quarters = await rows(house, what="windows", window="PT15M", metric="temperature")
    assert [one["count"] for one in quarters] == ["15"] * 6
    odd = await rows(house, what="windows", window="PT7M", metric="temperature")
    assert sum(int(one["count"]) for one in odd) == 90
    assert len({one["start"] for one in odd}) == len(odd)
    days = {one["metric"]: one for one in await rows(house, what="windows", window="P1D")}
    assert set(days) == {"temperature", "growing_degree_days"}
    assert float(days["growing_degree_days"]["sum"]) == (20 + 64.5) / 2 - 10


async def test_parquet_and_arrow_hold_the_same_as_csv(house: House, tmp_path: Path) -> None:
    await house.says(readings())
    expected = [float(one["value"]) for one in await rows(house)]
    (tmp_path / "x.parquet").write_bytes(await fetched(house, format="parquet"))
    table = pq.read_table(tmp_path / "x.parquet")
    assert table["value"].to_pylist() == expected
    assert table.schema.field("timestamp").type == pa.timestamp("us", tz="UTC")
    with pa.ipc.open_stream(await fetched(house, format="arrow")) as reader:
        assert reader.read_all()["value"].to_pylist() == expected
    (tmp_path / "none.parquet").write_bytes(await fetched(house, format="parquet", device="nobody"))
    assert pq.read_table(tmp_path / "none.parquet").num_rows == 0


@pytest.mark.parametrize(
    "asked",
    [
        {"what": "everything"},
        {"format": "xlsx"},
        {"from": "yesterday"},
        {"from": "2026-06-01T00:00:00"},
        {"from": "2026-06-02T00:00:00Z", "to": "2026-06-01T00:00:00Z"},
        {"what": "windows", "window": "P1M"},
        {"what": "windows", "window": "PT90.5S"},
        {"what": "windows", "window": "PT0S"},
        {"what": "windows", "window": "P999999W"},
        {"what": "windows", "calendar": "site"},
        {"devices": "a"},
        {"window": "PT1H"},
        {"what": "readings", "window": "PT1H"},
        {"what": ["readings", "windows"]},
        {"format": ["csv", "csv"]},
        {"from": ["2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"]},
    ],
)
async def test_what_cannot_be_understood_is_refused(house: House, asked: dict[str, Any]) -> None:
    assert await refused(house, Role.VIEWER, **asked) == (400, "INVALID_INPUT")


async def test_what_an_export_does_not_take_is_named(house: House) -> None:
    async with house.client() as client:
        told = [(await client.get("/export", params=asked)).json() for asked in ("window=PT1H", "what=readings&what=windows")]
    assert [answer["errors"][0]["message"] for answer in told] == [
        "window says how long windows are, and these are readings: leave it out, or ask for windows",
        "what is given more than once; only device and metric may be",
    ]


async def test_nobody_exports_who_may_not_read(house: House) -> None:
    assert await refused(house, None) == (401, "UNAUTHENTICATED")
    assert await refused(house, Role.INGEST) == (403, "FORBIDDEN")


async def test_what_is_past_all_retention_is_refused_before_the_first_byte(house: House) -> None:
    await house.says(readings())

    async def gone(_: object) -> None:
        raise BeyondRetentionError("readings of 2026-06-01 are past the retention")

    house.services.history.columns = gone  # type: ignore[union-attr, method-assign]
    assert await refused(house) == (410, "BEYOND_RETENTION")


async def test_one_key_has_a_share_of_the_exports_at_once_and_all_together_have_so_many(house: House) -> None:
    await house.says(readings())
    history, go_on = house.services.history, asyncio.Event()
    waiting: asyncio.Queue[None] = asyncio.Queue()
    assert history is not None
    series = history.series

    async def wait(devices: Any = None) -> Any:
        waiting.put_nowait(None)
        await go_on.wait()
        return await series(devices)

    history.series = wait  # type: ignore[method-assign]
    under_way = [asyncio.create_task(fetched(house))]
    await waiting.get()
    assert await refused(house) == (429, "LIMIT_EXCEEDED"), "one is the share of a key"
    under_way.append(asyncio.create_task(fetched(house, Role.OPERATOR)))
    await waiting.get()
    assert await refused(house, Role.ADMIN) == (429, "LIMIT_EXCEEDED"), "there is room for two"
    go_on.set()
    assert all(await asyncio.gather(*under_way))
    assert await fetched(house), "there is room again"


async def test_an_export_ends_early_once_its_key_is_revoked(house: House) -> None:
    await house.says([*readings(), reading("tomato-2", 0, temperature=1.0)])
    history, asked, begun, go_on = house.services.history, count(), asyncio.Event(), asyncio.Event()
    assert history is not None
    columns = history.columns

    async def wait_for_the_second_device(ranges: Any) -> Any:
        if next(asked):
            begun.set()
            await go_on.wait()
        return await columns(ranges)

    history.columns = wait_for_the_second_device  # type: ignore[method-assign]
    exporting = asyncio.create_task(fetched(house))
    await begun.wait()
    revoke = "mutation ($id: ID!) { revokeKey(input: {keyId: $id}) { __typename } }"
    await house.ask(revoke, {"id": house.keys[Role.VIEWER].split("_")[1]}, role=Role.ADMIN)
    await house.settle()
    go_on.set()
    begun_alone, whole = await exporting, await fetched(house, Role.OPERATOR)
    assert b"tomato-2" not in begun_alone
    assert whole.startswith(begun_alone)
    assert b"tomato-2" in whole


async def test_an_export_that_the_history_fails_is_in_the_audit_trail(house: House) -> None:
    await house.says(readings())

    async def away(_: object) -> None:
        raise HistoryError("the store is away")

    house.services.history.columns = away  # type: ignore[union-attr, method-assign]
    assert await refused(house) == (503, "UNAVAILABLE")
    trail = await house.ask("{ auditTrail(first: 10, action: EXPORT) { nodes { outcome code message } } }", role=Role.ADMIN)
    [noted] = trail["auditTrail"]["nodes"]
    assert (noted["outcome"], noted["code"]) == ("FAILED", "UNAVAILABLE")
    assert "the store is away" not in noted["message"]
