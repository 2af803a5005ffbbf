"""A house that takes the tokens of an OpenID provider, as processes of their own."""

import json
from pathlib import Path

import httpx
import msgspec
import websockets

from tests.support.openid_provider import SigningKey, openid_provider
from tests.support.up import running_up


async def test_a_token_opens_a_running_house_over_http_and_a_socket(tmp_path: Path) -> None:
    key = SigningKey("first")
    with openid_provider() as provider:
        provider.publish(key.jwk())
        setting = {"issuer": provider.url, "audience": "greenhouse", "roles": {"growers": "viewer"}}
        env = {"GLASSHOUSE_OPENID": msgspec.json.encode(setting).decode(), "NO_PROXY": "127.0.0.1"}
        token = provider.token(key, roles=["growers"])
        async with running_up(tmp_path / "data", errors=tmp_path / "errors.log", env=env) as up:
            async with httpx.AsyncClient(base_url=up.http, trust_env=False) as client:
                for bearer, status in ((token, 200), (provider.token(key), 401)):
                    headers = {"authorization": f"Bearer {bearer}"}
                    response = await client.post("/graphql", json={"query": "{ sites { id } }"}, headers=headers)
                    assert response.status_code == status, response.text
            url = up.http.replace("http", "ws") + "/graphql"
            async with websockets.connect(url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]) as ws:
                await ws.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}))
                assert json.loads(await ws.recv())["type"] == "connection_ack"
            assert await up.stop() == 0
    assert token not in (tmp_path / "errors.log").read_text()
