"""The house below a path of a real nginx and a real Caddy, set up as the documentation says."""

import asyncio
import json
import os
import re
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Origin, Subprotocol

from adapters.mqtt.child import takes_connections
from glasshouse.settings import Address
from glasshouse.web import bind
from tests.support.built_page import NEEDS_PAGE
from tests.support.documents import ROOT, blocks
from tests.support.eventstore.certificates import OPENSSL, make_certificates
from tests.support.up import UpProcess, running_up

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
FOLLOW = "subscription { readings { __typename } }"


@dataclass
class Outside:
    """How the world sees a house."""

    up: UpProcess
    origin: str
    trust: ssl.SSLContext

    @property
    def key(self) -> str:
        return str(self.up.ready["admin_key"])

    def browser(self, **headers: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"{self.origin}/glasshouse/", verify=self.trust, trust_env=False, headers=headers)


def nginx(server: str, folder: Path) -> list[str]:
    user = "user root;" if os.geteuid() == 0 else ""
    places = " ".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = f"daemon off; pid {folder}/pid; {user} events {{}} http {{ access_log off; {places} {server} }}"
    (folder / "nginx.conf").write_text(whole)
    return ["-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]


def caddy(server: str, folder: Path) -> list[str]:
    (folder / "Caddyfile").write_text("{\n  admin off\n  auto_https disable_redirects\n}\n" + server)
    return ["run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


SETUPS = {"nginx": nginx, "caddy": caddy}


@pytest.fixture(params=SETUPS)
async def outside(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Outside]:
    program = shutil.which(request.param, path=PATH)
    if program is None or OPENSSL is None:
        pytest.skip(f"no {request.param} or no openssl on this machine: apt-get install {request.param} openssl")
    env = {"GLASSHOUSE_TRUSTED_PROXIES": "127.0.0.1", "GLASSHOUSE_ROOT_PATH": "/glasshouse"}
    async with running_up(tmp_path / "data", errors=tmp_path / "errors.log", env=env) as up:
        with bind(Address("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        files = make_certificates(tmp_path)
        [server] = blocks(ROOT / "docs" / "how-to" / "proxy.md", request.param)
        for shown, real in (
            ("listen 443", f"listen {port}"),
            ("https://house.example", f"https://localhost:{port}"),
            ("/etc/ssl/house.example.pem", str(files.certificate)),
            ("/etc/ssl/house.example.key", str(files.key)),
            ("house.example", "localhost"),
            ("127.0.0.1:8080", up.http.removeprefix("http://")),
        ):
            server = server.replace(shown, real)
        async with running(program, *SETUPS[request.param](server, tmp_path), folder=tmp_path, port=port):
            yield Outside(up, f"https://localhost:{port}", ssl.create_default_context(cafile=files.authority))


@asynccontextmanager
async def running(program: str, *arguments: str, folder: Path, port: int) -> AsyncIterator[None]:
    """The proxy, from when it listens to the end of the block."""
    env = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "proxy.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(program, *arguments, env=env, stdout=log, stderr=log)
    try:
        while process.returncode is None and not await takes_connections("127.0.0.1", port):
            await asyncio.sleep(0.05)
        assert process.returncode is None, (folder / "proxy.log").read_text()
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@NEEDS_PAGE
async def test_the_page_lives_below_the_path(outside: Outside) -> None:
    async with outside.browser(origin=outside.origin) as browser:
        scripts = re.findall(r'src="([^"]+)"', (await browser.get("")).text)
        assert scripts
        for script in scripts:
            assert not script.startswith("/")
            assert (await browser.get(script)).status_code == 200


async def test_the_session_of_the_page_lives_below_the_path(outside: Outside) -> None:
    async with outside.browser(origin=outside.origin) as browser:
        login = await browser.post("session", json={"key": outside.key})
        cookie = login.headers["set-cookie"].lower()
        assert (login.status_code, "path=/glasshouse/;" in cookie, "secure" in cookie) == (200, True, True)
        answer = await browser.post("graphql", json={"query": "{ sites { id } }"})
        assert answer.json() == {"data": {"sites": []}}
        token = {"cookie": f"glasshouse_session={browser.cookies['glasshouse_session']}"}
        for origin in (outside.origin.replace("https", "http"), "https://evil.example", outside.up.http):
            refused = await browser.post("graphql", json={"query": "{ sites { id } }"}, headers={"origin": origin, **token})
            assert refused.status_code == 403
        assert (await browser.get("metrics", headers={"cookie": ""})).status_code == 401


async def test_a_websocket_goes_through_for_our_own_page_alone(outside: Outside) -> None:
    place = f"{outside.origin.replace('https', 'wss')}/glasshouse/graphql"
    init = json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {outside.key}"}})
    options: dict[str, Any] = {"ssl": outside.trust, "subprotocols": [Subprotocol("graphql-transport-ws")]}
    async with connect(place, origin=Origin(outside.origin), **options) as socket:
        await socket.send(init)
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
        assert json.loads(await socket.recv())["payload"]["data"]["readings"]["__typename"] == "ReadingProgress"
    async with connect(place, origin=Origin("https://evil.example"), **options) as socket:
        await socket.send(init)
        await socket.wait_closed()
        assert socket.close_code == 4403


async def test_events_go_through_as_they_come(outside: Outside) -> None:
    headers = {"authorization": f"Bearer {outside.key}", "accept": "text/event-stream"}
    async with outside.browser(**headers) as client, client.stream("POST", "graphql", json={"query": FOLLOW}) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                assert json.loads(line[6:])["data"]["readings"]["__typename"] == "ReadingProgress"
                break
