"""Relay's own compiler takes the schema, and what it makes runs: nodes fetched anew by `nodeId`, lists walked both ways."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import npm
from tests.support.documents import ROOT
from tests.support.up import UpProcess

REGISTER = "mutation ($id: ID!) { registerDevice(input: {deviceId: $id}) { ... on RegisterDeviceSuccess { cursor } } }"


@pytest.fixture
async def compiled(cache: pytest.Cache) -> dict[str, str]:
    """The operations that the compiler made, by name."""
    folder = await npm.installed(npm.PACKAGES / "relay", cache)
    shutil.copy(ROOT / "schema.graphql", folder)
    await npm.node(folder, "node_modules/relay-compiler/cli.js", "relay.config.json")
    made = [path.read_text() for path in Path(folder, "src", "__generated__").glob("*.ts")]
    texts = [json.loads(found[1]) for text in made if (found := re.search(r'"text": (".*")', text))]
    return {text.split("(")[0].removeprefix("query "): text for text in texts}


async def test_a_relay_client_fetches_nodes_anew_and_walks_lists_both_ways(up: UpProcess, compiled: dict[str, str]) -> None:
    headers = {"authorization": f"Bearer {up.ready['admin_key']}"}
    async with httpx.AsyncClient(base_url=up.http, headers=headers, trust_env=False) as client:

        async def ask(query: str, **variables: Any) -> Any:
            response = await client.post("/graphql", json={"query": query, "variables": variables})
            assert "errors" not in response.json(), response.text
            return response.json()["data"]

        for name in ("a", "b", "c"):
            await ask(REGISTER, id=name)
        first = (await ask(compiled["devicesQuery"], first=2))["devices"]
        last = (await ask(compiled["devicesPageQuery"], last=2, before=first["pageInfo"]["endCursor"]))["devices"]
        assert [edge["node"]["id"] for edge in first["edges"]] == ["a", "b"]
        assert [edge["node"]["id"] for edge in last["edges"]] == ["a"]
        node = first["edges"][1]["node"]
        again = await ask(compiled["devicesDeviceQuery"], nodeId=node["nodeId"])
        assert again["node"] == {**node, "__typename": "Device"}
