"""Going from view to view: each begins at its top, where the keyboard goes on; the house is where it was left."""

from playwright.sync_api import Page, expect

from tests.support.built_page import NEEDS_PAGE
from tests.support.page import StagedHouse
from tests.support.page_answers import command, device, reading

pytestmark = NEEDS_PAGE


def test_a_view_begins_at_its_top_and_the_house_is_where_it_was_left(page: Page, house: StagedHouse) -> None:
    house.devices = [device(f"bench-{number}", reading()) for number in range(40)]
    house.commands = [command(f"c-{number}") for number in range(30)]
    house.open()
    expect(page.locator(".card")).to_have_count(40)
    page.evaluate("scrollTo(0, 600)")
    page.get_by_role("link", name="Commands").click()
    expect(page.locator(".command")).to_have_count(30)
    page.wait_for_function("scrollY === 0")
    page.go_back()
    page.wait_for_function("scrollY === 600")


def test_the_keyboard_goes_on_in_the_view_that_was_opened(page: Page, house: StagedHouse) -> None:
    house.commands = [command("c-1")]
    house.open()
    page.get_by_role("link", name="Commands").press("Enter")
    expect(page.locator("#view")).to_be_focused()
    expect(page.locator(".command")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#view :focus")).to_be_visible()
