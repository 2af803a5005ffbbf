"""The commands as a user runs them, from a first key to a report."""

import asyncio
import json
import re
import signal
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.documents import ROOT
from tests.support.up import glasshouse, launch, running_up


async def test_the_first_start_gives_an_admin_key_and_the_second_none(tmp_path: Path) -> None:
    errors = tmp_path / "errors.log"
    async with running_up(tmp_path / "data", errors=errors) as up:
        assert up.ready["event"] == "ready"
        assert set(up.ready["mqtt"]) == {"host", "port", "port_v311"}
        key = up.ready["admin_key"]
        code, out, _ = await glasshouse("keys", "list", "--data", str(tmp_path / "data"), "--key", key, "--json")
        assert (code, [one["role"] for one in json.loads(out)]) == (0, ["admin"])
        assert await up.stop() == 0
    async with running_up(tmp_path / "data", errors=errors) as up:
        assert up.ready["admin_key"] is None
    assert key not in errors.read_text()


@pytest.mark.parametrize(
    ("command", "number", "line"),
    [
        ("up", signal.SIGTERM, r"Glasshouse is up\.  Page and GraphQL: http://\S+   MQTT: \S.*\n"),
        ("demo", signal.SIGINT, r"Stop with Ctrl-C, for the proof\. .* nothing that had\n"),
    ],
)
async def test_a_greeting_in_a_pipe_is_not_wrapped(tmp_path: Path, command: str, number: int, line: str) -> None:
    arguments = ("--data", str(tmp_path / "data"), "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0")
    process = await launch(command, *arguments, errors=tmp_path / "errors.log", env={"COLUMNS": "40"})
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode()]
    while not lines[-1].startswith("Stop with Ctrl-C"):
        lines.append((await process.stdout.readline()).decode())
    process.send_signal(number)
    await process.communicate()
    assert process.returncode == 0
    assert [one for one in lines if re.fullmatch(line, one)], lines


@pytest.mark.parametrize(("command", "number"), [("up", signal.SIGTERM), ("demo", signal.SIGINT)])
async def test_a_house_that_is_still_starting_stops_when_told_to(tmp_path: Path, command: str, number: int) -> None:
    asked = asyncio.Event()

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(never_answer, "127.0.0.1", 0) as broker:
        url = f"mqtt://127.0.0.1:{broker.sockets[0].getsockname()[1]}"
        arguments = (command, "--data", str(tmp_path), "--http", "127.0.0.1:0", "--mqtt", url)
        background = ("sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-m", "glasshouse", *arguments)
        process = await asyncio.create_subprocess_exec(*background)
        await asked.wait()
        process.send_signal(number)
        assert await process.wait() == 0


async def test_keys_are_issued_and_revoked_alike_whether_the_house_runs_or_rests(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    async with running_up(tmp_path / "data", errors=tmp_path / "errors.log") as up:
        admin = up.ready["admin_key"]
        arguments = ("--site", "farm", "--data", data, "--key", admin, "--json")
        code, out, _ = await glasshouse("keys", "issue", "board", *arguments)
        running = json.loads(out)
        assert (code, running["role"], running["sites"], running["devices"]) == (0, "viewer", ["farm"], [])
        assert await _status(up.http, running["secret"]) == 200
        await up.stop()
    scope = ("--site", "farm", "--device", "tomato-1", "--device", "tomato-2")
    code, out, _ = await glasshouse("keys", "issue", "other", "--role", "operator", *scope, "--data", data, "--json")
    resting = json.loads(out)
    assert (code, set(resting)) == (0, set(running))
    assert (resting["sites"], resting["devices"]) == (["farm"], ["tomato-1", "tomato-2"])
    code, out, _ = await glasshouse("keys", "rotate", resting["id"], "--grace", "PT0S", "--data", data, "--json")
    rotated = json.loads(out)
    told = {"secret": rotated["secret"], "oldSecretUntil": rotated["oldSecretUntil"]}
    assert (code, rotated) == (0, {**resting, **told})
    code, out, _ = await glasshouse("keys", "revoke", running["id"], "--data", data, "--json")
    told = {"revoked": True, "issuedAt": running["issuedAt"]}
    assert (code, {name: json.loads(out)[name] for name in told}) == (0, told)
    async with running_up(tmp_path / "data", errors=tmp_path / "errors.log") as up:
        assert await _status(up.http, running["secret"]) == 401
        assert await _status(up.http, resting["secret"]) == 401
        assert await _status(up.http, rotated["secret"]) == 200
        rotate = ("rotate", resting["id"], "--data", data, "--key", admin)
        code, again, _ = await glasshouse("keys", *rotate)
        assert (code, again.startswith(f"gh_{resting['id']}.3_")) == (0, True)
        assert [await _status(up.http, key) for key in (rotated["secret"], again.strip())] == [200, 200]
        code, _, err = await glasshouse("keys", *rotate, "--grace", "a day")
        assert (code, "--grace: Duration must be ISO 8601" in err) == (2, True)


async def _status(http: str, key: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"authorization": f"Bearer {key}"}
        response = await client.post(f"{http}/graphql", json={"query": "{ __typename }"}, headers=headers)
        return response.status_code


async def test_the_demo_stops_by_itself_and_proves_that_nothing_is_lost(tmp_path: Path) -> None:
    code, out, err = await glasshouse(
        *("demo", "--seconds", "5", "--json", "--data", str(tmp_path), "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0")
    )
    report = json.loads(out.splitlines()[-1])
    assert code == 0, (report, err)
    assert report["sent"] > 200
    assert report["receipted"] == report["sent"] == report["stored"] + report["dead_letters"]
    assert report["dead_letters"] > 0
    assert (report["lost"], report["double_counted"], report["diverged"]) == (0, 0, [])
    assert report["latency_ms"]["p50"] is not None


async def test_the_demo_ends_cleanly_on_ctrl_c_with_its_report(tmp_path: Path) -> None:
    arguments = ("demo", "--json", "--data", str(tmp_path / "data"), "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0")
    process = await launch(*arguments, errors=tmp_path / "errors.log")
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())
    async with asyncio.timeout(30), httpx.AsyncClient(base_url=ready["http"], trust_env=False) as client:
        while await _count(client, ready["admin_key"]) == 0:
            await asyncio.sleep(0.1)
    process.send_signal(signal.SIGINT)
    rest = (await process.stdout.read()).decode()
    assert await process.wait() == 0, (tmp_path / "errors.log").read_text()
    assert json.loads(rest.splitlines()[-1])["lost"] == 0


async def _count(client: httpx.AsyncClient, key: str) -> int:
    query = "{ projections { name events } }"
    response = await client.post("/graphql", json={"query": query}, headers={"authorization": f"Bearer {key}"})
    models = response.json()["data"]["projections"]
    return int(next(model["events"] for model in models if model["name"] == "history"))


async def test_doctor_names_what_is_broken_and_is_content_with_what_is_not(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    code, out, _ = await glasshouse("doctor", "--data", data, "--http", "127.0.0.1:0", "--json")
    assert (code, {finding["ok"] for finding in json.loads(out)}) == (0, {True})
    async with running_up(tmp_path / "data", errors=tmp_path / "errors.log"):
        code, out, _ = await glasshouse("doctor", "--data", data, "--json")
        assert code == 0, out
        assert "running house" in {finding["part"] for finding in json.loads(out)}
    for file in (tmp_path / "data").glob("events.db*"):
        file.write_bytes(b"gone wrong " * 1000)
    code, out, _ = await glasshouse("doctor", "--data", data, "--http", "127.0.0.1:0", "--json")
    broken = [finding for finding in json.loads(out) if not finding["ok"]]
    assert (code, [finding["part"] for finding in broken]) == (1, ["event log"])


async def test_the_schemas_are_listed_and_exported(tmp_path: Path) -> None:
    code, out, _ = await glasshouse("schema", "list", "--json")
    assert (code, {"type": "SensorReading", "version": 1} in json.loads(out)) == (0, True)
    (tmp_path / "Gone.v1.json").write_text("{}")
    code, _, _ = await glasshouse("schema", "export", str(tmp_path))
    assert code == 0
    assert (tmp_path / "SensorReading.v1.json").exists()
    assert not (tmp_path / "Gone.v1.json").exists()


async def test_an_import_adds_up_and_a_second_one_stores_nothing_new(tmp_path: Path) -> None:
    example = Path(__file__).parents[3] / "docs" / "examples"
    arguments = ("import", str(example / "logger.csv"), "--mapping", str(example / "logger.toml"), "--json")
    code, out, err = await glasshouse(*arguments, "--data", str(tmp_path / "data"))
    first = json.loads(out)["total"]["readings"]
    assert (code, first) == (0, {"read": 19, "stored": 18, "duplicates": 1, "deadLetters": 0}), err
    async with running_up(tmp_path / "data", errors=tmp_path / "errors.log"):
        code, out, err = await glasshouse(*arguments, "--data", str(tmp_path / "data"))
    again = json.loads(out)["total"]["readings"]
    assert (code, again) == (0, {"read": 19, "stored": 0, "duplicates": 19, "deadLetters": 0}), err


async def test_an_import_finds_its_way_into_a_house_whose_broker_asks_for_an_account(tmp_path: Path) -> None:
    data, examples = tmp_path / "data", ROOT / "docs" / "examples"
    arguments = (str(examples / "logger.csv"), "--mapping", str(examples / "logger.toml"), "--data", str(data), "--json")
    async with running_up(data, mqtt="0.0.0.0:0", errors=tmp_path / "errors.log"):
        code, out, err = await glasshouse("import", *arguments)
    assert json.loads(out)["total"]["readings"]["stored"] > 0, (code, err)


async def test_an_event_log_that_an_option_names_is_opened_by_every_command(tmp_path: Path) -> None:
    example = Path(__file__).parents[3] / "docs" / "examples"
    own, ledger = tmp_path / "data", tmp_path / "ledger.jsonl"
    ledger.touch()
    options = ("--data", str(own), "--event-log", f"sqlite:///{tmp_path}/elsewhere.db", "--json")
    code, _, err = await glasshouse("import", str(example / "logger.csv"), "--mapping", str(example / "logger.toml"), *options)
    assert code == 0, err
    code, out, _ = await glasshouse("keys", "issue", "board", *options)
    key = json.loads(out)["id"]
    assert (await glasshouse("keys", "list", *options))[1].count(key) == 1
    assert json.loads((await glasshouse("keys", "revoke", key, *options))[1])["revoked"]
    assert "elsewhere.db, last position" in (await glasshouse("doctor", *options))[1]
    assert (await glasshouse("audit-ledger", str(ledger), *options))[0] == 0
    assert not (own / "events.db").exists()
