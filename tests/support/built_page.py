"""The page in front of a real house: opened, led to a view, looked at with the eyes of axe."""

from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.documents import ROOT
from tests.support.page_server import Server

BUILT: Final = ROOT / "api" / "web"
NEEDS_PAGE: Final = pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the page is not built: make web")
AXE: Final = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS: Final = """async () => (await axe.run()).violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)"""


def open_built(page: Page, server: Server) -> Page:
    """Returns once it follows the house; the view that opens is the house."""
    page.goto(f"{server.url}/#key={server.key}")
    expect(page.locator("#link")).to_have_text("Live")
    return page


def opened(page: Page, view: str) -> Locator:
    """The view at this address."""
    page.evaluate("view => { location.hash = view }", view)
    return page.locator("#view")


def serious(page: Page) -> list[str]:
    """What axe finds on it that shuts somebody out."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(SERIOUS)
    return found
