"""What a `serve` answers beside others: all but the history, which lies in a store that lets one process in."""

import asyncio
from pathlib import Path
from typing import Any

from tests.support.roles import Estate, Role, ask
from tests.support.up import glasshouse, simulate_arguments

READINGS = '{ readings(deviceId: "d") { nodes { value } } }'
SERIES = """{ series(selectors: [{ deviceId: "d", sensorId: "s", metric: "m" }], from: "2026-01-01T00:00:00Z",
  to: "2026-01-02T00:00:00Z", window: "PT1H") { metric } }"""
REGISTER = """mutation { registerDevice(input: { deviceId: "door-1", location: "north/house-1" }) {
  ... on RegisterDeviceSuccess { cursor } ... on OperationError { message } } }"""
SEEN = '{ device(id: "door-1", atLeast: "%s") { location } }'


async def _code(role: Role, key: str, document: str) -> Any:
    (error,) = (await ask(role, key, document))["errors"]
    return error["extensions"]["code"]


async def test_all_but_the_history_is_answered_and_a_change_at_one_is_seen_at_the_other(estate: Estate, tmp_path: Path) -> None:
    one, other = await estate.role("serve", "one").start(), await estate.role("serve", "other").start()
    key = one.ready["admin_key"]
    assert await _code(one, key, READINGS) == await _code(one, key, SERIES) == "HISTORY_NOT_SHARED"
    changed = (await ask(one, key, REGISTER))["data"]["registerDevice"]
    assert (await ask(other, key, SEEN % changed["cursor"]))["data"] == {"device": {"location": "north/house-1"}}
    await estate.role("ingest", "ingest").start()
    arguments = simulate_arguments(estate.env["GLASSHOUSE_MQTT"], tmp_path / "ledger", rate=200, seconds=2)
    code, _, err = await glasshouse(*arguments)
    assert code == 0, err
    async with asyncio.timeout(20):
        while not (told := await _told(other, key)):
            await asyncio.sleep(0.05)
    found = await ask(one, key, "query ($id: ID!) { audit(eventId: $id) { eventId } }", id=told)
    assert found["data"]["audit"]["eventId"] == told
    shown = (await ask(other, key, "{ projections { name } deadLetters(first: 1) { totalCount } }"))["data"]
    assert {one["name"] for one in shown["projections"]} == {"accounts", "alerts", "commands", "decisions", "latest", "lineage"}
    assert shown["deadLetters"]["totalCount"] > 0


async def _told(role: Role, key: str) -> str | None:
    """The id of some reading that a device last sent, once dead letters are known too."""
    document = "{ devices(first: 9) { nodes { latest { eventId } } } deadLetters(first: 1) { totalCount } }"
    data = (await ask(role, key, document))["data"]
    ids = [one["eventId"] for node in data["devices"]["nodes"] for one in node["latest"]]
    return ids[0] if ids and data["deadLetters"]["totalCount"] else None


async def test_several_that_start_at_once_on_a_new_log_issue_one_admin_key(estate: Estate) -> None:
    roles = [estate.role("serve", f"serve-{number}") for number in range(3)]
    await asyncio.gather(*(role.start() for role in roles))
    (key,) = [role.ready["admin_key"] for role in roles if role.ready["admin_key"] is not None]
    for role in roles:
        async with asyncio.timeout(20):
            while "data" not in await ask(role, key, "{ keys { name } }"):
                await asyncio.sleep(0.05)
