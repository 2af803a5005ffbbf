"""A rule, a device that is too warm, and the alert that somebody reads: through `up` as it is run."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.mqtt.address import BrokerAddress
from glasshouse.client import ApiClient
from tests.support.mqtt import publisher
from tests.support.up import UpProcess, running_up

DEFINE = """mutation { defineAlertRule(input: {ruleId: "hot", name: "Hot", threshold: {metric: "temperature", above: 30}}) {
  __typename ... on OperationError { message } } }"""
ALERTS = "{ alerts { nodes { id kind state deviceId value evidence } } }"


async def alerts(up: UpProcess, state: str) -> list[dict[str, Any]]:
    """All alerts, once the first stands so."""
    async with ApiClient(up.http, up.ready["admin_key"]) as client:
        while True:
            found: list[dict[str, Any]] = (await client.ask(ALERTS))["alerts"]["nodes"]
            if found and found[0]["state"] == state:
                return found
            await asyncio.sleep(0.05)


async def measure(up: UpProcess, value: float) -> None:
    address = BrokerAddress(up.ready["mqtt"]["host"], up.ready["mqtt"]["port"])
    session = publisher(address)
    running = asyncio.create_task(session.run(), name="device")
    try:
        await session.first_attempt()
        now = datetime.now(UTC).isoformat()
        payload = f'{{"timestamp": "{now}", "reading": {{"temperature": {value}}}}}'.encode()
        assert await session.publish_acked("glasshouse/farm/box/reading", payload) < 128
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_device_that_is_too_warm_raises_an_alert_which_outlives_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with running_up(folder, errors=tmp_path / "first.log") as up:
        async with ApiClient(up.http, key := up.ready["admin_key"]) as client:
            await client.change(DEFINE)
        await measure(up, 35.0)
        [before] = await alerts(up, "OPEN")
        assert (before["kind"], before["deviceId"], before["value"], len(before["evidence"])) == (
            "TemperatureAlert",
            "box",
            35.0,
            1,
        )
        await up.kill()
    async with running_up(folder, errors=tmp_path / "second.log") as up:
        up.ready["admin_key"] = key
        assert await alerts(up, "OPEN") == [before]
        await measure(up, 20.0)
        assert [one["id"] for one in await alerts(up, "CLEARED")] == [before["id"]]
        assert await up.stop() == 0
