"""Behind proxies: whom their headers are believed from, and what they change."""

from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from glasshouse.errors import SettingsError
from glasshouse.proxies import BehindProxies
from glasshouse.settings import load_settings

OUTSIDE = {"x-forwarded-for": "203.0.113.7, 10.1.2.3", "x-forwarded-proto": "https", "x-forwarded-host": "evil, house.example"}


async def seen(client: str | None, *, proxies: tuple[str, ...] = ("10.0.0.0/8",), root: str = "", **scope: Any) -> Scope:
    """What the app is given of a request that came from there."""
    found: list[Scope] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        found.append(scope)

    headers = [(b"host", b"127.0.0.1:8080"), *((name.encode(), value.encode()) for name, value in OUTSIDE.items())]
    asked = {
        "type": "http",
        "scheme": "http",
        "path": "/graphql",
        "client": client and (client, 5),
        "headers": headers,
        **scope,
    }
    await BehindProxies(app, proxies, root)(asked, _nothing, _nowhere)
    return found[0]


async def _nothing() -> Any: ...


async def _nowhere(_message: Any) -> None: ...


async def test_a_trusted_proxy_says_who_asks_how_and_for_which_host() -> None:
    for kind, scheme in (("http", "https"), ("websocket", "wss")):
        scope = await seen("10.9.9.9", type=kind)
        assert (scope["client"][0], scope["scheme"], dict(scope["headers"])[b"host"]) == (
            "203.0.113.7",
            scheme,
            b"house.example",
        )


@pytest.mark.parametrize("client", ["192.0.2.1", "11.0.0.1", "unknown", None])
async def test_nobody_else_is_believed(client: str | None) -> None:
    scope = await seen(client)
    assert (scope["client"] and scope["client"][0], scope["scheme"]) == (client, "http")
    assert dict(scope["headers"])[b"host"] == b"127.0.0.1:8080"
    assert (await seen("127.0.0.1", proxies=()))["client"][0] == "127.0.0.1"


async def test_the_root_path_may_be_left_in_the_path_or_taken_out() -> None:
    for path in ("/graphql", "/house/graphql"):
        scope = await seen("10.9.9.9", root="/house", path=path)
        assert (scope["root_path"], scope["path"]) == ("/house", "/house/graphql")


async def test_the_root_path_without_its_slash_leads_to_the_page_wherever_that_is_outside() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise AssertionError("the root path alone is no address of the app")

    transport = httpx.ASGITransport(BehindProxies(app, (), "/green/house"))
    async with httpx.AsyncClient(transport=transport, base_url="http://elsewhere.example") as client:
        led = await client.get("/green/house")
    assert (led.status_code, led.headers["location"]) == (307, "house/")


def test_settings_of_proxies_are_addresses_networks_and_a_path() -> None:
    environment = {"GLASSHOUSE_TRUSTED_PROXIES": "127.0.0.1, fd00::/8", "GLASSHOUSE_ROOT_PATH": "/house/"}
    settings = load_settings({}, environment=environment)
    assert (settings.trusted_proxies, settings.root_path) == (("127.0.0.1/32", "fd00::/8"), "/house")
    for name, wrong in (("TRUSTED_PROXIES", "proxy.example"), ("TRUSTED_PROXIES", "10.0.0.1/8"), ("ROOT_PATH", "house")):
        with pytest.raises(SettingsError, match=name.lower()):
            load_settings({}, environment={f"GLASSHOUSE_{name}": wrong})
