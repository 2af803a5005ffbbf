"""People are told of an alert through `up` as it is run: one target hangs, one is away, and the process is killed."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import httpx

from glasshouse.client import ApiClient
from tests.support.receiver import receiving
from tests.support.up import UpProcess, running_up

DEFINE = """mutation {
  defineAlertRule(input: {ruleId: "hot", name: "Hot", threshold: {metric: "temperature", above: 30}}) { __typename }
  defineRecipient(input: {recipientId: "ada", name: "Ada", targets: ["hangs", "away", "good"]}) {
    __typename ... on OperationError { message } } }"""
SECRET = "sixteen letters, and more"


async def measure(up: UpProcess, value: float) -> None:
    reading = {"timestamp": datetime.now(UTC).isoformat(), "reading": {"temperature": value}}
    item = {"site": "farm", "device": "box", "topic": "reading", "payload": reading}
    async with httpx.AsyncClient(base_url=up.http, trust_env=False) as client:
        answer = await client.post("/ingest", json=[item], headers={"authorization": f"Bearer {up.ready['admin_key']}"})
    assert answer.status_code == 200


async def traced(up: UpProcess, correlation_id: str) -> set[str]:
    """The types of all that hangs together, once something was sent."""
    query = "query ($id: ID!) { trace(correlationId: $id) { entries { ... on Traced { type } } } }"
    async with ApiClient(up.http, up.ready["admin_key"]) as client:
        while True:
            trace = (await client.ask(query, id=correlation_id))["trace"]
            if "NotificationSent" in (found := {entry.get("type") for entry in trace["entries"]}):
                return found
            await asyncio.sleep(0.05)


async def test_who_hangs_or_is_away_delays_nobody_and_after_a_kill_the_same_id_comes_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with receiving(None) as hangs, receiving() as good:
        targets = {
            "hangs": {"webhook": hangs.url, "secret": SECRET},
            "away": {"webhook": "http://127.0.0.1:9", "secret": SECRET},
            "good": {"webhook": good.url, "secret": SECRET},
        }
        env = {"GLASSHOUSE_NOTIFY": json.dumps(targets)}
        async with running_up(folder, errors=tmp_path / "first.log", env=env) as up:
            async with ApiClient(up.http, up.ready["admin_key"]) as client:
                await client.ask(DEFINE)
            await measure(up, 35.0)
            while not (hangs.got and good.got):
                await asyncio.sleep(0.02)
            await measure(up, 20.0)
            while len(good.got) < 2:
                await asyncio.sleep(0.02)
            assert await traced(up, json.loads(good.got[0].body)["correlationId"]) >= {"AlertRaised", "NotificationRequested"}
            await up.kill()
        async with running_up(folder, errors=tmp_path / "second.log", env=env):
            while len(hangs.got) < 2:
                await asyncio.sleep(0.02)
    assert hangs.got[0].headers["x-glasshouse-id"] == hangs.got[1].headers["x-glasshouse-id"]
    assert [json.loads(got.body)["state"] for got in good.got] == ["raised", "cleared"]
    assert SECRET not in (folder / "events.db").read_bytes().decode(errors="replace")
