"""Health, readiness, metrics, and the page's files."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from api.app import build_app
from api.roles import Role
from tests.support.api import House, small_house


class Probe:
    """A part that is as ready as it is told to be."""

    def __init__(self, name: str, problem: str | Exception | None = None) -> None:
        self.name = name
        self._problem = problem

    async def check(self) -> str | None:
        if isinstance(self._problem, Exception):
            raise self._problem
        return self._problem


async def test_readiness_names_the_part_that_is_not_ready_and_says_why(tmp_path: Path) -> None:
    probes = [Probe("event log"), Probe("mqtt", "the broker cannot be reached"), Probe("history", OSError("gone"))]
    async with small_house(tmp_path, probes=probes) as house, house.client(None) as client:
        response = await client.get("/readyz")
        assert (response.status_code, response.json()) == (
            503,
            {"ready": False, "parts": {"event log": "ready", "mqtt": "the broker cannot be reached", "history": "gone"}},
        )
        assert (await client.get("/healthz")).json() == {"alive": True}


async def test_a_house_of_which_every_part_is_ready_is_ready(tmp_path: Path) -> None:
    async with small_house(tmp_path, probes=[Probe("event log")]) as house, house.client(None) as client:
        response = await client.get("/readyz")
    assert (response.status_code, response.json()["ready"]) == (200, True)


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.1", 401), ("testclient", 401)])
async def test_metrics_are_open_to_this_machine_alone(house: House, address: str, status: int) -> None:
    transport = httpx.ASGITransport(house.app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://house.test") as client:
        assert (await client.get("/metrics")).status_code == status
        assert (await client.get("/metrics", headers={"x-forwarded-for": "192.0.2.1"})).status_code == 401


async def test_metrics_are_told_to_a_key_that_may_read(house: House) -> None:
    await house.ask("{ sites { id } }")
    await house.answer("{ keys { id } }")
    await house.answer("{ nonsense }")
    transport = httpx.ASGITransport(house.app, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://house.test") as client:
        text = (await client.get("/metrics", headers={"authorization": f"Bearer {house.keys[Role.VIEWER]}"})).text
        assert (await client.get("/metrics", headers={"authorization": f"Bearer {house.keys[Role.INGEST]}"})).status_code == 403
    assert 'glasshouse_api_operations_total{kind="query",result="ok"} 1.0' in text
    assert 'glasshouse_api_operations_total{kind="query",result="error"} 1.0' in text
    assert 'glasshouse_api_refused_total{code="INVALID_INPUT"} 1.0' in text


def rebuilt(house: House, **folders: Path) -> None:
    house.app = build_app(replace(house.services, registry=CollectorRegistry()), **folders)


async def test_the_page_and_its_files_are_served_under_a_strict_policy(house: House, tmp_path: Path) -> None:
    for name in ("index.html", "app.js", "style.css"):
        (tmp_path / name).write_text(name)
    rebuilt(house, web=tmp_path)
    async with house.client(None) as client:
        for path, kind in (("/", "text/html"), ("/static/app.js", "text/javascript"), ("/static/style.css", "text/css")):
            response = await client.get(path)
            assert (response.status_code, response.headers["content-type"].split(";")[0]) == (200, kind)
            policy = response.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            tag = response.headers["etag"]
            assert tag.startswith('W/"'), "it goes out compressed or not"
            for known in (tag, f'"another", {tag}', f' {tag.removeprefix("W/")} ,"another"', "*"):
                again = await client.get(path, headers={"if-none-match": known})
                assert (again.status_code, again.content) == (304, b"")
            assert (await client.get(path, headers={"if-none-match": '"another", W/"a third"'})).status_code == 200


async def test_browsers_keep_what_is_named_by_its_content_and_ask_anew_for_the_rest(house: House, tmp_path: Path) -> None:
    for name in ("index.html", "index-Dy1wz_w-.js", "icon.svg"):
        (tmp_path / name).write_text("")
    rebuilt(house, web=tmp_path)
    async with house.client(None) as client:
        kept = (await client.get("/static/index-Dy1wz_w-.js")).headers["cache-control"]
        assert kept == "public, max-age=31536000, immutable"
        for path in ("/", "/static/icon.svg"):
            assert (await client.get(path)).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "nothing.js", ""])
async def test_no_path_leads_out_of_the_page(house: House, tmp_path: Path, path: str) -> None:
    (tmp_path / "index.html").write_text("the page")
    rebuilt(house, web=tmp_path)
    async with house.client(None) as client:
        assert (await client.get(f"/static/{path}")).status_code == 404


def _headers_of(policy: str) -> dict[str, str]:
    return {name: places for name, _, places in (part.strip().partition(" ") for part in policy.split(";"))}


async def test_graphiql_is_served_from_its_folder_and_takes_scripts_from_nowhere_else(house: House, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>GraphiQL</title>")
    (tmp_path / "graphiql.js").write_text("0")
    rebuilt(house, graphiql=tmp_path)
    async with house.client(None) as client:
        page, script = await client.get("/graphiql"), await client.get("/graphiql/graphiql.js")
        assert (page.text, script.text) == ("<title>GraphiQL</title>", "0")
        policy = _headers_of(page.headers["content-security-policy"])
        places = [policy[name] for name in ("default-src", "script-src", "worker-src", "connect-src", "frame-ancestors")]
        assert places == ["'none'", "'self'", "'self'", "'self'", "'none'"]
        for path in ("/graphiql/..%2fapp.py", "/graphiql/none.js"):
            assert (await client.get(path)).status_code == 404


async def test_a_slash_too_many_leads_to_graphiql_and_to_no_host_that_a_request_made_up(house: House) -> None:
    async with house.client(None, host="elsewhere.example") as client:
        led = await client.get("/graphiql/")
        assert (led.status_code, led.headers["location"]) == (307, "../graphiql")
        assert (await client.get("/healthz/")).status_code == 404


async def test_where_graphiql_was_not_built_a_notice_says_how(house: House, tmp_path: Path) -> None:
    rebuilt(house, graphiql=tmp_path / "none")
    async with house.client(None) as client:
        notice = await client.get("/graphiql")
    assert (notice.status_code, "make graphiql" in notice.text) == (404, True)


async def test_where_the_page_was_not_built_a_notice_says_how_and_all_else_works(house: House, tmp_path: Path) -> None:
    rebuilt(house, web=tmp_path / "none")
    async with house.client(None) as client:
        notice = await client.get("/")
        assert (notice.status_code, "make web" in notice.text) == (404, True)
        assert "default-src 'none'" in notice.headers["content-security-policy"]
        assert (await client.get("/healthz")).status_code == 200
