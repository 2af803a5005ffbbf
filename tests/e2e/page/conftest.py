"""A browser for the tests of the page: Debian's chromium, driven by playwright; skipped where there is none."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.page import StagedHouse
from tests.support.page_server import Server

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One a module: playwright's own event loop must have ended before a module with async tests begins."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a profile of its own. No test may leave an error of a script, or a breach of the security policy."""
    expect.set_options(timeout=30_000)
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if "Security Policy" in message.text else None)
    yield page
    context.close()
    assert problems == []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real house, one a module: nothing is left in it by other modules, whatever the order."""
    with Server(tmp_path_factory.mktemp("house")) as server:
        yield server


@pytest.fixture
def house(page: Page) -> Iterator[StagedHouse]:
    """No test may leave the page with a question that the schema does not know."""
    house = StagedHouse(page)
    yield house
    assert house.documents.wrong == []
