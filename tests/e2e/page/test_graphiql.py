"""GraphiQL as `make graphiql` builds it, in a browser, against a house that runs."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support import npm
from tests.support.built_page import NEEDS_PAGE
from tests.support.documents import ROOT
from tests.support.page_server import Server

LATEST = 'query Latest { device(id: "tomato-1") { latest { metric value } } }'
FOLLOW = "subscription Follow { readings { ... on ReadingReceived { reading { metric value } } } }"


async def build(cache: pytest.Cache, target: Path) -> None:
    folder = await npm.installed(ROOT / "graphiql", cache)
    await npm.node(folder, "build.mjs", str(target))


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A house with GraphiQL in its data folder."""
    data = tmp_path_factory.mktemp("house")
    cache = request.config.cache
    assert cache is not None
    with ThreadPoolExecutor(1) as thread:  # playwright's own event loop runs in this one
        thread.submit(asyncio.run, build(cache, data / "graphiql")).result()
    with Server(data) as server:
        server.publish("glasshouse/north/tomato-1/reading", [{"id": "1", "reading": {"temperature": 21.5}}])
        server.until(LATEST, lambda data: data["device"])
        yield server


def write(page: Page, editor: Locator, text: str) -> None:
    """Into an editor, in the place of what stands there."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    editor.click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("ControlOrMeta+V")  # typed, brackets would be closed by the editor


def execute(page: Page, document: str) -> None:
    """Run it as soon as GraphiQL has read what it is called."""
    write(page, page.locator(".graphiql-query-editor .view-lines").first, document)
    expect(page.get_by_role("tab", selected=True)).to_contain_text(document.split()[1])
    page.get_by_role("button", name="Execute query").click()


@NEEDS_PAGE
def test_graphiql_runs_queries_and_subscriptions_with_the_session_of_the_page(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/#key={server.key}")
    expect(page.locator("#link")).to_have_text("Live")
    page.goto(f"{server.url}/graphiql")
    execute(page, LATEST)
    answer = page.locator(".graphiql-response")
    expect(answer).to_contain_text("21.5")
    page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(page.locator(".graphiql-doc-explorer")).to_contain_text("Subscription")
    execute(page, FOLLOW)
    expect(page.get_by_role("button", name="Stop query")).to_be_visible()
    for number in range(100):
        server.publish("glasshouse/north/tomato-2/reading", [{"id": f"live-{number}", "reading": {"temperature": 33.25}}])
        if "33.25" in (answer.text_content() or ""):
            break
    expect(answer).to_contain_text("33.25")


def test_graphiql_runs_with_a_key_and_keeps_it_nowhere(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/graphiql")
    page.get_by_role("button", name="Headers").click()
    headers = json.dumps({"Authorization": f"Bearer {server.key}"})
    write(page, page.locator(".graphiql-editor-tool .view-lines").last, headers)
    execute(page, LATEST)
    expect(page.locator(".graphiql-response")).to_contain_text("21.5")
    assert server.key not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")


def test_without_a_session_or_a_key_graphiql_shows_what_is_needed(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/graphiql")
    execute(page, LATEST)
    expect(page.locator(".graphiql-response")).to_contain_text("a key is needed")
