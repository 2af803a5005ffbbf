"""Rebuilds while a house runs: readings come in, people ask, and neither waits."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx

from tests.support.up import UpProcess, glasshouse, launch, running_up, simulate_arguments
from tests.support.versions import told

STANDS = """{ projections { name version previousVersion candidateVersion rebuild {
  action phase version progress etaSeconds events error report { outcome switched parts { name differing } } } } }"""
BEGIN = """mutation ($name: String!) { rebuildProjection(name: $name) {
  ... on RebuildProjectionSuccess { projection { name version rebuild { phase } } }
  ... on OperationError { code message } } }"""


def client(up: UpProcess, key: str) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {key}"}
    return httpx.AsyncClient(base_url=up.http, headers=headers, trust_env=False, timeout=30)


async def ask(http: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    answer = (await http.post("/graphql", json={"query": query, "variables": variables})).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def stands(http: httpx.AsyncClient, name: str) -> dict[str, Any]:
    shown: list[dict[str, Any]] = (await ask(http, STANDS))["projections"]
    return next(one for one in shown if one["name"] == name)


async def over(http: httpx.AsyncClient, name: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while (shown := await stands(http, name))["rebuild"]["phase"] not in {"DONE", "FAILED"}:
            await asyncio.sleep(0.1)
    return shown


async def test_under_load_a_rebuild_switches_and_goes_back_and_nothing_is_lost_or_counted_twice(tmp_path: Path) -> None:
    data, ledger, errors = tmp_path / "data", tmp_path / "ledger.jsonl", tmp_path / "errors.log"
    async with running_up(data, errors=errors) as up:
        mqtt = f"mqtt://127.0.0.1:{up.ready['mqtt']['port']}"
        simulator = await launch(*simulate_arguments(mqtt, ledger, rate=300), errors=errors)
        secret = str(up.ready["admin_key"])
        for arguments, became in (
            (("rebuild", "history"), ("equal", True, 1, 2)),
            (("rebuild", "latest"), ("equal", True, 1, 2)),
            (("verify", "history"), ("equal", False, 2, 0)),
            (("rebuild", "history", "--rollback"), ("equal", True, 2, 1)),
        ):
            report = await told(*arguments, "--key", secret, data=data)
            assert (report["outcome"], report["switched"], report["serving"], report["candidate"]) == became
        simulator.terminate()
        await simulator.wait()
        assert await up.stop() == 0
    async with running_up(data, errors=errors) as up, client(up, secret) as http:
        assert [(await stands(http, name))["version"] for name in ("history", "windows", "latest")] == [1, 1, 2]
        assert await up.stop() == 0
    code, out, err = await glasshouse("audit-ledger", str(ledger), "--data", str(data), "--json")
    audited = json.loads(out)
    assert code == 0, (audited, err)
    assert (audited["lost"], audited["double_counted"], audited["diverged"]) == (0, 0, [])


async def test_over_graphql_an_admin_begins_it_and_everybody_sees_how_it_gets_on(tmp_path: Path) -> None:
    errors = tmp_path / "errors.log"
    async with running_up(tmp_path / "data", errors=errors) as up:
        mqtt = f"mqtt://127.0.0.1:{up.ready['mqtt']['port']}"
        await glasshouse(*simulate_arguments(mqtt, tmp_path / "ledger.jsonl", rate=300, seconds=1))
        async with client(up, str(up.ready["admin_key"])) as http:
            first = await stands(http, "history")
            assert (first["version"], first["previousVersion"], first["rebuild"]) == (1, None, None)
            begun = (await ask(http, BEGIN, name="history"))["rebuildProjection"]["projection"]
            assert begun == {"name": "history", "version": 1, "rebuild": {"phase": "FILLING"}}
            refused = (await ask(http, BEGIN, name="latest"))["rebuildProjection"]
            assert (refused["code"], refused["message"]) == (
                "CONFLICT",
                "history is being rebuilt; one at a time, so wait for it",
            )
            done = await over(http, "history")
            assert (done["version"], done["previousVersion"], done["candidateVersion"]) == (2, 1, None)
            rebuild = done["rebuild"]
            assert (rebuild["action"], rebuild["version"], rebuild["progress"], rebuild["error"]) == ("REBUILD", 2, 1.0, None)
            assert (rebuild["report"]["outcome"], rebuild["report"]["switched"]) == ("EQUAL", True)
            assert {part["differing"] for part in rebuild["report"]["parts"]} == {0}
            unknown = (await ask(http, BEGIN, name="windows"))["rebuildProjection"]
            assert unknown["code"] == "NOT_FOUND"
            assert "rebuild `history`" in unknown["message"]
        assert await up.stop() == 0
