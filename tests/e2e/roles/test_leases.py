"""Who may run beside whom: a second owner is refused, one that stands by takes over, one that lost its lease ends."""

import asyncio
import signal
from pathlib import Path

import httpx
import pytest

from tests.support.roles import Estate
from tests.support.up import glasshouse, running_up


async def test_a_site_has_one_owner_and_another_site_another(estate: Estate) -> None:
    north = await estate.role("ingest", "north", "--owns", "north").start()
    south = await estate.role("ingest", "south", "--owns", "south", "--owns", "west").start()
    assert (north.ready["owns"], south.ready["owns"]) == (["north"], ["south", "west"])
    wanted = {"same": ["--owns", "north"], "overlapping": ["--owns", "east", "--owns", "west"], "all": []}
    refusals = (estate.role("ingest", name, *owns).refused() for name, owns in wanted.items())
    for code, sentence in await asyncio.gather(*refusals):
        assert code == 9, sentence
        assert "is held by another process" in sentence
    assert await north.stop() == 0
    again = await estate.role("ingest", "same", "--owns", "north").start()
    assert again.ready["fencing"] > max(north.ready["fencing"], south.ready["fencing"])


async def test_a_second_project_is_refused_and_one_that_stands_by_takes_over_from_a_killed_one(
    estate: Estate, tmp_path: Path
) -> None:
    estate.env["GLASSHOUSE_HISTORY"] = f"duckdb:///{tmp_path / 'history.duckdb'}"
    first = await estate.role("project", "first").start()
    code, sentence = await estate.role("project", "second").refused()
    assert code == 9
    assert "`project` is held by another process" in sentence
    assert "--standby" in sentence
    third = estate.role("project", "third", "--standby")
    await third.begin()
    await first.kill()
    await third.is_ready()
    assert third.ready["fencing"] > first.ready["fencing"]


@pytest.mark.parametrize("log_url", ["sqlite"], indirect=True)  # any log would do
async def test_up_and_an_ingest_of_the_same_broker_keep_out_of_each_others_way(estate: Estate, tmp_path: Path) -> None:
    house, broker = tmp_path / "house", estate.env["GLASSHOUSE_MQTT"]
    async with running_up(house, mqtt=broker, errors=tmp_path / "up.err", env=estate.env) as up:
        code, sentence = await estate.role("ingest", "ingest").refused()
        assert (code, "is held by another process" in sentence) == (9, True), sentence
        assert await up.stop() == 0
    await estate.role("ingest", "ingest").start()
    address = ("--data", str(house), "--http", "127.0.0.1:0")
    code, _, err = await glasshouse("up", *address, env=estate.env)
    assert (code, "is held by another process" in err) == (9, True), err


@pytest.mark.parametrize("log_url", ["sqlite"], indirect=True)  # any log would do
async def test_one_that_is_killed_takes_its_own_lease_again_without_waiting(estate: Estate) -> None:
    project = await estate.role("project", "project").start()
    waiting = estate.role("project", "waiting", "--standby")
    await waiting.begin()
    before = project.ready["fencing"]
    await project.kill()
    await project.start()
    assert project.ready["fencing"] > before
    assert await project.stop() == 0
    await waiting.is_ready()


@pytest.mark.parametrize("log_url", ["sqlite"], indirect=True)  # any log would do
async def test_one_that_slept_through_its_span_ends_when_another_took_over(estate: Estate) -> None:
    sleeper = await estate.role("project", "sleeper").start()
    other = estate.role("project", "other", "--standby")
    await other.begin()
    sleeper.send(signal.SIGSTOP)
    await other.is_ready()
    sleeper.send(signal.SIGCONT)
    async with asyncio.timeout(30):
        assert await sleeper.ended() == 9
    assert "was taken over by" in sleeper.errors.read_text()


@pytest.mark.parametrize("log_url", ["sqlite"], indirect=True)  # any log would do
async def test_health_and_metrics_tell_of_the_lease(estate: Estate) -> None:
    project = await estate.role("project", "project").start()
    async with httpx.AsyncClient(base_url=project.http, trust_env=False) as client:
        assert (await client.get("/healthz")).json() == {"alive": True}
        assert (await client.get("/readyz")).json()["parts"]["lease"] == "ready"
        assert 'glasshouse_lease_held{role="project"} 1.0' in (await client.get("/metrics")).text
        assert (await client.post("/graphql", json={"query": "{ __typename }"})).status_code == 404
