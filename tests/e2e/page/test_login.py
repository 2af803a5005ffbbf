"""Logging in to the page, and out of it."""

from playwright.sync_api import Page, expect

from tests.support.built_page import NEEDS_PAGE
from tests.support.page import GOOD_KEY, ORIGIN, StagedHouse
from tests.support.page_answers import device, reading

pytestmark = NEEDS_PAGE
STORED = "JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage}) + document.cookie + document.body.innerHTML"


def test_without_a_session_the_key_is_asked_for_and_nothing_of_the_house_is_shown(page: Page, house: StagedHouse) -> None:
    house.logged_in = False
    house.open()
    expect(page.get_by_label("Key", exact=True)).to_be_focused()
    expect(page.locator("#house")).to_be_hidden()
    expect(page.get_by_role("alert")).to_be_empty()


def test_a_link_with_the_key_opens_the_house_and_leaves_the_key_nowhere(page: Page, house: StagedHouse) -> None:
    page.goto("about:blank")
    house.open(key=GOOD_KEY)
    assert page.url == f"{ORIGIN}/"
    assert page.evaluate("history.length") == 2
    assert GOOD_KEY not in page.evaluate(STORED)
    page.go_back()
    page.go_forward()
    assert page.url == f"{ORIGIN}/"


def test_a_link_with_the_key_works_in_a_page_that_is_already_open(page: Page, house: StagedHouse) -> None:
    house.logged_in = False
    house.open()
    page.evaluate(f"location.hash = 'key={GOOD_KEY}'")
    expect(page.locator("#link")).to_have_text("Live")
    assert page.url == f"{ORIGIN}/"


def test_a_wrong_key_is_refused_in_plain_words_and_the_right_one_then_opens(page: Page, house: StagedHouse) -> None:
    house.logged_in = False
    house.open()
    field = page.get_by_label("Key", exact=True)
    field.fill("gh_wrong_secret")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This key does not open the house")
    expect(field).to_have_value("")
    field.fill(f"  {GOOD_KEY}\n")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#link")).to_have_text("Live")
    expect(page.locator("#view")).to_be_focused()
    assert GOOD_KEY not in page.evaluate(STORED)


def test_logging_out_ends_the_session_and_hides_the_house(page: Page, house: StagedHouse) -> None:
    house.devices = [device("bench-1", reading())]
    house.open()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Key", exact=True)).to_be_visible()
    expect(page.locator(".card")).to_have_count(0)
    assert not house.logged_in


def test_a_session_that_ends_while_the_page_is_open_asks_for_the_key_again(page: Page, house: StagedHouse) -> None:
    house.open()
    house.sockets[-1].close(code=4403)
    expect(page.get_by_role("alert")).to_contain_text("The session is over")
    expect(page.locator("#house")).to_be_hidden()
