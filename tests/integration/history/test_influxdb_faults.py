"""A real InfluxDB that is away, ends, keeps silent or refuses: told in plain words, and nothing is lost or counted twice."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from adapters.history.influx.connection import Timeouts
from adapters.history.influx.history import InfluxHistory
from adapters.history.port import HistoryError, HistoryRow, HistoryUnavailableError, RangeQuery
from adapters.history.raw_rows import raw_rows
from schema.envelope import Cursor, Position
from tests.support import influx
from tests.support.history_rows import some_row

pytestmark = pytest.mark.influxdb


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[influx.InfluxServer]:
    """One that these tests end and start again. Each leaves it running."""
    with influx.own(tmp_path_factory.mktemp("influxd")) as running:
        yield running


@asynccontextmanager
async def opened(url: str, *, answer_seconds: float = 60) -> AsyncIterator[InfluxHistory]:
    history = await InfluxHistory.open(url, timeouts=Timeouts(connect=1, answer=answer_seconds))
    try:
        yield history
    finally:
        await history.close()


async def store(history: InfluxHistory, rows: Sequence[HistoryRow], checkpoint: Cursor) -> None:
    await history.write(raw_rows(rows))
    await history.keep([], {}, checkpoint)


def upto(position: int) -> Cursor:
    return Cursor("log", Position(position))


async def refusal(url: str) -> HistoryError:
    with pytest.raises(HistoryError) as refused:
        await InfluxHistory.open(url)
    assert influx.TOKEN not in str(refused.value)
    assert "wrong" not in str(refused.value)
    return refused.value


async def test_one_that_is_away_is_told_as_unavailable(server: influx.InfluxServer) -> None:
    server.stop()
    told = await refusal(server.url())
    server.start()
    assert isinstance(told, HistoryUnavailableError)
    assert "is not reached" in str(told)
    assert f"127.0.0.1:{server.port}/greenhouses" in str(told)


async def test_a_wrong_token_is_said_to_be_one_and_not_shown(server: influx.InfluxServer) -> None:
    assert "does not know the token" in str(await refusal(server.url(token="wrong")))


async def test_an_organisation_that_is_not_there_is_named(server: influx.InfluxServer) -> None:
    assert "nobody" in str(await refusal(server.url(org="nobody")))


async def test_a_bucket_that_forgets_by_itself_is_refused(server: influx.InfluxServer) -> None:
    bucket = influx.new_bucket()
    set_retention(server, bucket, 3600)
    assert "set its retention to never" in str(await refusal(server.url(bucket=bucket)))


async def test_a_bucket_whose_shards_are_longer_than_a_week_is_refused(server: influx.InfluxServer) -> None:
    bucket = influx.new_bucket()
    set_retention(server, bucket, 0, shard_seconds=30 * 86_400)
    assert "--shard-group-duration 168h" in str(await refusal(server.url(bucket=bucket)))


async def test_a_token_for_one_bucket_is_enough_and_one_that_only_reads_says_so_when_it_should_write(
    server: influx.InfluxServer,
) -> None:
    bucket = influx.new_bucket()
    made = set_retention(server, bucket, 0)
    async with opened(server.url(bucket=bucket, token=token_for(server, made, "read", "write"))) as history:
        await store(history, [some_row(1), some_row(1)], upto(1))
        await store(history, [some_row(1)], upto(2))
        assert (await history.count(), await history.checkpoint()) == (1, upto(2))
    async with opened(server.url(bucket=bucket, token=token_for(server, made, "read"))) as history:
        assert await history.count() == 1
        with pytest.raises(HistoryError, match="must read and write the bucket"):
            await store(history, [some_row(2)], upto(3))


async def test_a_token_that_may_not_make_the_bucket_says_what_to_make(server: influx.InfluxServer) -> None:
    other = set_retention(server, influx.new_bucket(), 0)
    bucket = influx.new_bucket()
    told = str(await refusal(server.url(bucket=bucket, token=token_for(server, other, "read", "write"))))
    assert f"{bucket}-history-1" in told
    assert "make it, without retention" in told


async def test_a_reading_beyond_a_retention_that_was_set_later_halts_with_its_series_named(server: influx.InfluxServer) -> None:
    bucket = influx.new_bucket()
    async with opened(server.url(bucket=bucket)) as history:
        await store(history, [some_row(1)], upto(1))
        set_retention(server, bucket, 3600)
        with pytest.raises(HistoryError, match=r"device=old,metric=temperature,sensor=air: .*retention") as refused:
            await store(history, [some_row(2, device="old")], upto(2))
        assert not isinstance(refused.value, HistoryUnavailableError)
        assert await history.checkpoint() == upto(1)


async def test_a_field_whose_type_is_another_halts_with_its_series_named(server: influx.InfluxServer) -> None:
    bucket = influx.new_bucket()
    async with opened(server.url(bucket=bucket)) as history:
        # A type is fixed for each day or week of a bucket by who writes first.
        await store(history, [some_row(1)], upto(1))
        write_line(server, bucket, 'reading,device=x,metric=m,sensor=s value="text" 1000000000000000000')
        wrong = replace(some_row(2, device="clash"), timestamp_us=1_000_000_000_000_001)
        with pytest.raises(HistoryError, match=r"device=clash.*already exists as type string"):
            await store(history, [some_row(3), wrong, some_row(4)], upto(4))
        assert await history.checkpoint() == upto(1)
        await store(history, [some_row(3), some_row(4)], upto(4))
        assert await history.readings(RangeQuery(device="tomato-1")) == [some_row(1), some_row(3), some_row(4)]


async def test_one_that_keeps_silent_is_given_up_in_time(server: influx.InfluxServer) -> None:
    async with opened(server.url(), answer_seconds=1) as history:
        server.pause()
        try:
            with pytest.raises(HistoryUnavailableError, match="does not answer in time"):
                await store(history, [some_row(1)], upto(1))
        finally:
            server.resume()


async def test_what_was_written_outlives_a_kill_and_what_was_not_is_written_again(
    server: influx.InfluxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [some_row(number) for number in range(1, 60_001)]
    async with opened(server.url()) as history:
        await store(history, rows[:1000], upto(1000))
        requests = itertools.count(1)
        really = history._connection.write

        def write(lines: Sequence[str]) -> None:
            if next(requests) == 5:
                server.kill()
            really(lines)

        with monkeypatch.context() as patched:
            patched.setattr(history._connection, "write", write)
            with pytest.raises(HistoryUnavailableError):
                await store(history, rows, upto(60_000))
        with pytest.raises(HistoryUnavailableError, match="is not reached"):
            await history.count()
        await asyncio.to_thread(server.start)
        assert await history.checkpoint() == upto(1000)
        assert 15_000 <= await history.count() < 60_000
        await store(history, rows, upto(60_000))
        assert await history.count() == 60_000
        assert await history.checkpoint() == upto(60_000)


def set_retention(
    server: influx.InfluxServer, bucket: str, seconds: int, *, shard_seconds: int | None = None
) -> dict[str, Any]:
    """Of a bucket that is made if it is missing; 0 is never."""
    name = f"{bucket}-history-1"
    shard_seconds = shard_seconds or seconds
    rule = {"type": "expire", "everySeconds": seconds, "shardGroupDurationSeconds": shard_seconds}
    rules = [rule] if shard_seconds else []
    with client_of(server) as client:
        found = client.get("/api/v2/buckets", params={"name": name}).json().get("buckets")
        if found:
            answer = client.patch(f"/api/v2/buckets/{found[0]['id']}", json={"retentionRules": rules})
        else:
            [org] = client.get("/api/v2/orgs").json()["orgs"]
            answer = client.post("/api/v2/buckets", json={"orgID": org["id"], "name": name, "retentionRules": rules})
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made


def token_for(server: influx.InfluxServer, bucket: dict[str, Any], *actions: str) -> str:
    resource = {"type": "buckets", "id": bucket["id"], "orgID": bucket["orgID"]}
    wanted = {"orgID": bucket["orgID"], "permissions": [{"action": action, "resource": resource} for action in actions]}
    with client_of(server) as client:
        answer = client.post("/api/v2/authorizations", json=wanted)
        assert answer.is_success, answer.text
        return str(answer.json()["token"])


def write_line(server: influx.InfluxServer, bucket: str, line: str) -> None:
    with client_of(server) as client:
        answer = client.post("/api/v2/write", params={"org": influx.ORG, "bucket": f"{bucket}-history-1"}, content=line)
        assert answer.is_success, answer.text


def client_of(server: influx.InfluxServer) -> httpx.Client:
    return httpx.Client(base_url=server.http, headers={"Authorization": f"Token {influx.TOKEN}"}, trust_env=False)
