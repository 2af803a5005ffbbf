"""Dead letters on the page: counted wherever one is, and listed with their reasons under Operate."""

from playwright.sync_api import Page, expect

from tests.support.built_page import NEEDS_PAGE
from tests.support.page import StagedHouse
from tests.support.page_answers import letter

pytestmark = NEEDS_PAGE
HOSTILE = "<img src=x onerror=alert(1)>"


def test_dead_letters_are_counted_and_shown_with_their_reason_never_as_markup(page: Page, house: StagedHouse) -> None:
    house.letters = [letter(HOSTILE)]
    house.open()
    page.get_by_role("link", name="Operate 1 dead letter").click()
    letters = page.get_by_role("region", name="Dead letters")
    expect(letters.locator(".topic")).to_have_text("glasshouse/home/x/reading")
    expect(letters.locator(".reason")).to_contain_text("not JSON")
    expect(letters.locator("pre")).to_have_text(HOSTILE)
    expect(page.locator("img[src='x']")).to_have_count(0)


def test_one_that_is_not_held_whole_is_shown_in_part_and_cannot_be_repaired(page: Page, house: StagedHouse) -> None:
    house.letters = [letter("x" * 2000, size=70_000, truncated=True), letter("{")]
    house.open("#/operate")
    long, short = page.locator("#letters-list > li").all()
    expect(long.locator("pre")).to_have_text("x" * 400 + "… (70000 bytes)")
    expect(long.get_by_role("button", name="Repair")).to_have_count(0)
    expect(short.get_by_role("button", name="Repair")).to_be_visible()


def test_a_house_without_dead_letters_says_so(page: Page, house: StagedHouse) -> None:
    house.open("#/operate")
    expect(page.get_by_role("region", name="Dead letters")).to_contain_text("There are none.")
    expect(page.get_by_role("link", name="Operate")).to_have_accessible_name("Operate")
