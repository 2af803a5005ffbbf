"""Readings over HTTP where each role is a process: the owner of a site takes them in, and all others say so."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.support.delivering import item
from tests.support.roles import Estate, Role, ask

SEEN = '{ device(id: "tomato-1", atLeast: "%s") { latest { value } } }'


async def post(role: Role, key: str, *items: dict[str, Any]) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        return await client.post(f"{role.http}/ingest", json=items, headers=headers)


@pytest.mark.parametrize("log_url", ["sqlite"], indirect=True)
async def test_the_owner_of_a_site_takes_in_what_is_posted_and_a_serve_shows_it_and_says_where_to_post(estate: Estate) -> None:
    serve = await estate.role("serve", "serve").start()
    key = serve.ready["admin_key"]
    owner = await estate.role("ingest", "ingest", "--owns", "home").start()
    async with asyncio.timeout(20):
        while (response := await post(owner, key, item(), item(site="south", device="b"))).status_code == 401:
            await asyncio.sleep(0.05)
    told = response.json()
    assert [one["result"] for one in told["results"]] == ["stored", "refused"]
    assert "owned by another process" in told["results"][1]["reason"]
    assert (await ask(serve, key, SEEN % told["cursor"]))["data"] == {"device": {"latest": [{"value": 21.5}]}}
    elsewhere = await post(serve, key, item())
    assert (elsewhere.status_code, "role `ingest`" in elsewhere.text) == (404, True)
    assert await owner.stop() == 0
