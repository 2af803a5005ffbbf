"""Recipients on the page: quiet hours, who is told next, and what a viewer may not, in words."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.support.built_page import NEEDS_PAGE, open_built, opened, serious
from tests.support.page_server import Server

RECIPIENTS = """{ recipients {
  id name targets least timeZone criticalAnyHour quiet { start end } escalation { after to } where { location } } }"""
DEFINE = (
    "mutation ($input: RecipientInput!) { defineRecipient(input: $input) { __typename ... on OperationError { message } } }"
)
KEY = """mutation { issueKey(input: { name: "looks", role: VIEWER }) { ... on IssueKeySuccess { secret } } }"""

pytestmark = NEEDS_PAGE


def recipient(server: Server, name: str) -> Any:
    [found] = [one for one in server.ask(RECIPIENTS)["recipients"] if one["id"] == name]
    return found


def test_somebody_is_told_but_at_night_and_after_him_somebody_else(page: Page, server: Server) -> None:
    view = opened(open_built(page, server), "#/recipients")
    view.get_by_role("link", name="New recipient").click()
    view.get_by_label("Name", exact=True).fill("Ben")
    view.get_by_label("Told by").fill("ben-phone")
    view.get_by_role("button", name="Save").click()
    view.get_by_role("link", name="New recipient").click()
    view.get_by_label("Name", exact=True).fill("Ada Öhm")
    expect(view.get_by_label("Id", exact=True)).to_have_value("ada-ohm")
    view.get_by_label("Told by").fill("ada-phone, office-mail")
    view.get_by_label("At or below the place").fill("home/house-1")
    view.get_by_label("Quiet from").fill("22:00")
    view.get_by_label("Quiet until").fill("07:00")
    view.get_by_label("By the clocks of").fill("Europe/Rome")
    view.get_by_label("Then tell").select_option("Ben")
    assert serious(page) == []
    view.get_by_role("button", name="Save").click()
    told = view.locator("[data-recipient='ada-ohm']")
    expect(told).to_contain_text("Alerts from warning up of home/house-1, by ada-phone and office-mail.")
    expect(told).to_contain_text("Left alone from 22:00 to 07:00 (Europe/Rome), but for what is critical.")
    expect(told).to_contain_text("Where nobody acknowledges within 15 min, Ben is told.")
    assert serious(page) == []
    ada, ben = recipient(server, "ada-ohm"), recipient(server, "ben")
    assert (ada["quiet"], ada["escalation"]) == ({"start": "22:00", "end": "07:00"}, {"after": "PT15M", "to": "ben"})
    assert (ben["targets"], ben["quiet"], ben["where"]) == (["ben-phone"], None, {"location": None})


def test_what_is_changed_leaves_the_rest_as_it_was_and_a_refusal_is_told_beside_the_form(page: Page, server: Server) -> None:
    eve = {"recipientId": "eve", "name": "Eve", "targets": ["eve-phone", "office-mail"], "where": {"location": "home/house-1"}}
    server.ask(DEFINE, input=eve)
    view = opened(open_built(page, server), "#/recipients/eve")
    view.get_by_label("By the clocks of").fill("Mars/Olympus")
    view.get_by_role("button", name="Save").click()
    expect(view.locator("form .error")).to_contain_text("Mars/Olympus")
    view.get_by_label("By the clocks of").fill("Europe/Rome")
    view.get_by_label("Is told at all").uncheck()
    view.get_by_role("button", name="Save").click()
    expect(view.locator("[data-recipient='eve']")).to_contain_text("is not told")
    told = recipient(server, "eve")
    assert (told["targets"], told["where"]) == (["eve-phone", "office-mail"], {"location": "home/house-1"})


def test_a_viewer_is_told_what_his_key_may_not(page: Page, server: Server) -> None:
    secret = server.ask(KEY)["issueKey"]["secret"]
    open_built(page, server)
    page.goto(f"{server.url}/#key={secret}")
    expect(page.locator("#link")).to_have_text("Live")
    expect(opened(page, "#/recipients")).to_contain_text("Only an operator's key for the whole house shows who is told.")
    rule = opened(page, "#/rules/new")
    rule.get_by_label("Name", exact=True).fill("Hot")
    rule.get_by_label("Above").fill("30")
    rule.get_by_role("button", name="Save").click()
    expect(rule.locator("form .error")).to_contain_text("Your key may not do this: ")
