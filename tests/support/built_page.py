"""The page as `make web` built it, opened in front of a real house."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Locator, Page, Route, expect

from tests.support.page_server import Server

BUILT: Final = Path(__file__).parents[2] / "api" / "web"
AXE: Final = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TYPES: Final = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
SERIOUS: Final = """async () => (await axe.run()).violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)"""


def open_built(page: Page, server: Server) -> Page:
    """Returns once it follows the house; the view that opens is the house."""
    policy = page.request.get(f"{server.url}/").headers["content-security-policy"]

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(f"{server.url}/").partition("#")[0].removeprefix("static/")
        file = BUILT / (path or "index.html")
        headers = {"content-type": TYPES[file.suffix], "content-security-policy": policy}
        route.fulfill(body=file.read_bytes(), headers=headers)

    page.route(f"{server.url}/", serve)
    page.route(f"{server.url}/static/**", serve)
    page.goto(f"{server.url}/#key={server.key}")
    expect(page.locator("#link")).to_have_text("Live")
    return page


def opened(page: Page, view: str) -> Locator:
    """The view at this address."""
    page.evaluate("view => { location.hash = view }", view)
    return page.locator("#view")


def serious(page: Page) -> list[str]:
    """What axe finds on it that shuts somebody out."""
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(SERIOUS)
    return found
