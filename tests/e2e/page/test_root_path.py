"""The page below a path, as browsers see it behind a proxy that leaves the path as it is."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.built_page import NEEDS_PAGE, opened
from tests.support.page_server import Server

pytestmark = NEEDS_PAGE


def test_the_page_logs_in_and_is_live_below_a_path(tmp_path: Path, page: Page) -> None:
    with Server(tmp_path / "data", GLASSHOUSE_ROOT_PATH="/glasshouse") as server:
        page.goto(f"{server.url}/glasshouse/#key={server.key}")
        expect(page.locator("#link")).to_have_text("Live")
        expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for the first device")
        expect(opened(page, "#/recipients")).to_contain_text("Nobody is told of alerts")
        [cookie] = page.context.cookies()
        assert (cookie["path"], cookie["httpOnly"]) == ("/glasshouse/", True)
        page.reload()
        expect(page.locator("#link")).to_have_text("Live")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Key", exact=True)).to_be_visible()
        assert page.context.cookies() == []
        page.goto("about:blank")
