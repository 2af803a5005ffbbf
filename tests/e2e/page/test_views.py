"""Every view of the page in front of the real house, driven as people drive it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from schema.times import format_time
from tests.support.built_page import NEEDS_PAGE, open_built, opened
from tests.support.page_server import Server

TOPIC: Final = "glasshouse/home/climate-1/reading"
DECLARE: Final = "mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { __typename } }"
RULE: Final = """mutation ($input: AlertRuleInput!) {
  defineAlertRule(input: $input) { __typename ... on OperationError { message } }
}"""
pytestmark = NEEDS_PAGE


@pytest.fixture(scope="module", autouse=True)
def device(server: Server) -> None:
    """One device in a zone that has been measured."""
    vent = {"actuatorId": "vent", "type": "LEVEL"}
    server.ask(DECLARE, input={"deviceId": "climate-1", "location": "home/house-1/north", "actuators": [vent]})
    server.publish("glasshouse/home/climate-1/status", [{"status": "online"}])
    server.publish(TOPIC, [{"id": "first", "reading": {"temperature": 21.5, "humidity": 60}}])
    now = datetime.now(UTC)
    span = f'from: "{format_time(now - timedelta(minutes=5))}", to: "{format_time(now + timedelta(minutes=5))}"'
    server.until(f'{{ heatMap(metric: "temperature", {span}) {{ mean }} }}', lambda told: told["heatMap"])


@pytest.fixture
def house(page: Page, server: Server) -> Page:
    return open_built(page, server)


def number(page: Page) -> Locator:
    return page.locator("#device-climate-1 .number").first


def test_a_value_moves_and_us_units_are_a_choice_that_stays(house: Page, server: Server) -> None:
    server.publish(TOPIC, [{"reading": {"temperature": 22.5, "humidity": 60}}])
    expect(number(house)).to_have_text("22.5")
    house.get_by_label("Units").select_option("us")
    expect(number(house)).to_have_text("72.5")
    house.reload()
    expect(number(house)).to_have_text("72.5")
    house.get_by_label("Units").select_option("metric")
    expect(house.locator(".heat")).to_contain_text("home / house-1 / north")


def test_a_device_shows_its_charts_from_a_year_to_seconds(house: Page) -> None:
    view = opened(house, "#/device/climate-1")
    expect(view.locator(".chart canvas")).to_have_count(2)
    chart = view.get_by_role("img", name=re.compile("^Temperature"))
    expect(chart).to_have_attribute("aria-label", re.compile(r"window|reading"))
    for span in ("1 year", "1 day", "10 min"):
        view.get_by_role("button", name=span, exact=True).click()
        expect(chart).to_have_attribute("aria-label", re.compile(r"\d+ (window|reading)"))
    view.get_by_role("button", name="Closer").click()
    expect(view.get_by_role("button", name="10 min")).to_have_attribute("aria-pressed", "false")


def test_a_command_is_issued_and_followed_to_its_end(house: Page, server: Server) -> None:
    view = opened(house, "#/device/climate-1")
    view.get_by_label("To", exact=True).fill("50")
    view.get_by_role("button", name="Send").click()
    expect(view.locator(".command .state")).to_have_text("dispatched")
    command = server.ask("{ commands(first: 1) { nodes { id } } }")["commands"]["nodes"][0]["id"]
    server.publish("glasshouse/home/climate-1/ack", [{"commandId": command, "result": "succeeded", "state": 50}])
    expect(view.locator(".command .state")).to_have_text("succeeded")
    expect(view.locator(".trace")).to_contain_text("climate-1 answers succeeded: 50")


def test_a_rule_is_previewed_over_the_past_and_saved(house: Page) -> None:
    view = opened(house, "#/rules/new")
    view.get_by_label("Id", exact=True).fill("too-warm")
    view.get_by_label(re.compile("^Above")).fill("20")
    view.get_by_label("Only the device").fill("climate-1")
    view.get_by_label("For so many minutes").fill("0")
    view.get_by_role("button", name="Preview over the past").click()
    expect(view.locator("#preview-total")).to_have_text(re.compile(r"^1 alert"))
    expect(view.locator(".chart canvas")).to_have_count(1)
    view.get_by_role("button", name="Save").click()
    expect(view.get_by_role("link", name="too-warm")).to_be_visible()


def test_what_a_form_lacks_is_said_when_it_is_sent(house: Page) -> None:
    view = opened(house, "#/rules/new")
    for name in ("Save", "Preview over the past"):
        view.get_by_role("button", name=name).click()
        expect(view.locator("form .error")).to_have_text("Give the rule a name first.")
        view.get_by_label("Above").fill("20")
        expect(view.locator("form .error")).to_be_empty()
    view.get_by_label("Name", exact=True).fill("番茄")
    view.get_by_role("button", name="Save").click()
    expect(view.locator("form .error")).to_contain_text("Give the rule an id first")
    view.get_by_label("Id", exact=True).fill("tomato")
    view.get_by_label("For so many minutes").fill("-5")
    view.get_by_role("button", name="Save").click()
    expect(view.locator("form .error")).to_have_text("“-5” is no number of minutes from 0 to 10080, a week.")
    opened(house, "#/operate").get_by_role("button", name="Issue a key").click()
    expect(house.locator("#notice")).to_contain_text("Say first whom or what the key is for.")


def test_a_rule_about_silence_asks_for_nothing_that_it_cannot_have(house: Page, server: Server) -> None:
    view = opened(house, "#/rules/new")
    view.get_by_label("Name", exact=True).fill("Quiet")
    view.get_by_label("Over after minutes inside").fill("3")
    view.get_by_label("Only the sensor").fill("main")
    view.get_by_label("In force from").fill("08:00")
    view.get_by_label("It is an alert when").select_option("silence")
    expect(view.get_by_label("Only the sensor")).to_have_count(0)
    view.get_by_role("button", name="Save").click()
    expect(view.get_by_role("link", name="Quiet")).to_be_visible()
    assert server.ask('{ alertRule(id: "quiet") { kind hours { start } clearFor } }') == {
        "alertRule": {"kind": "DeviceSilent", "hours": None, "clearFor": "PT0S"}
    }


def test_limits_in_the_readers_units_are_kept_in_ours_though_nothing_is_measured(house: Page, server: Server) -> None:
    soil = {"ruleId": "soil", "name": "Soil", "threshold": {"metric": "soil_temperature", "above": 30}}
    server.ask(RULE, input=soil)
    house.get_by_label("Units").select_option("us")
    view = opened(house, "#/rules/soil")
    expect(view.get_by_label("Above (°F)")).to_have_value("86")
    view.get_by_role("button", name="Save").click()
    expect(view.locator(".row").filter(has_text="Soil").first).to_contain_text("above 86.0 °F")
    house.get_by_label("Units").select_option("metric")
    assert server.ask('{ alertRule(id: "soil") { condition { above } } }') == {"alertRule": {"condition": {"above": 30}}}


def test_rules_about_an_index_and_about_anomalies_are_previewed_and_saved(house: Page, server: Server) -> None:
    view = opened(house, "#/rules/new")
    view.get_by_label("Id", exact=True).fill("dry")
    view.get_by_label("Metric").select_option("vapour_pressure_deficit")
    view.get_by_label("Above (kPa)").fill("0.5")
    view.get_by_label("For so many minutes").fill("0")
    view.get_by_role("button", name="Preview over the past").click()
    expect(view.locator("#preview-total")).to_have_text(re.compile(r"^1 alert"))
    expect(view.locator(".chart canvas")).to_have_count(1)
    view.get_by_label("It is an alert when").select_option("anomaly")
    view.get_by_label("From how unusual on").select_option("CRITICAL")
    view.get_by_label("History that is imported counts, too").check()
    view.get_by_role("button", name="Save").click()
    row = view.locator(".row").filter(has=house.get_by_role("link", name="dry"))
    expect(row).to_contain_text("Vapour pressure deficit in the whole house is unlike the days before: critical")
    assert server.ask('{ alertRule(id: "dry") { evaluateBackfill } }') == {"alertRule": {"evaluateBackfill": True}}


def test_an_alert_is_acknowledged_with_a_note_and_tells_why(house: Page, server: Server) -> None:
    hot = {
        "ruleId": "hot",
        "name": "Hot",
        "threshold": {"metric": "temperature", "above": 40},
        "where": {"deviceId": "climate-1"},
    }
    server.ask(RULE, input=hot)
    server.publish(TOPIC, [{"reading": {"temperature": 41}}])
    view = opened(house, "#/alerts")
    alert = view.locator(".alert").filter(has_text="rule hot")
    expect(alert).to_contain_text("41.0 °C")
    alert.get_by_label("Note").fill("vents are stuck")
    alert.get_by_role("button", name="Acknowledge").click()
    expect(alert).to_contain_text("seen by first admin")
    expect(alert).to_contain_text("vents are stuck")
    alert.get_by_role("button", name="Silence for an hour").click()
    expect(alert).to_contain_text("silent until")
    alert.get_by_role("button", name="Why, and the readings behind").click()
    expect(alert.locator(".trace")).to_contain_text("The alert is raised")


def test_who_uses_the_keyboard_stays_where_he_is(house: Page, server: Server) -> None:
    cold = {"ruleId": "cold", "name": "Cold", "threshold": {"metric": "humidity", "below": 50}}
    server.ask(RULE, input=cold)
    server.publish(TOPIC, [{"reading": {"humidity": 40}}])
    view = opened(house, "#/alerts")
    alert = view.locator(".alert").filter(has_text="rule cold")
    alert.get_by_role("button", name="Silence for an hour").press("Enter")
    expect(alert).to_contain_text("silent until")
    expect(alert.get_by_role("button", name="Silence for an hour")).to_be_focused()
    alert.get_by_role("button", name="Acknowledge").press("Enter")
    expect(alert).to_contain_text("seen by")
    expect(alert.get_by_role("button", name="Why, and the readings behind")).to_be_focused()


def test_a_dead_letter_is_repaired_and_replayed(house: Page, server: Server) -> None:
    server.publish(TOPIC, ['{"reading": {"temperature": 33.3'])
    view = opened(house, "#/operate")
    letter = view.locator("#letters-list li")
    expect(letter.locator("pre")).to_have_text('{"reading": {"temperature": 33.3')
    letter.get_by_role("button", name="Repair").click()
    letter.get_by_label("Payload").fill('{"reading": {"temperature": 33.3}}')
    letter.get_by_role("button", name="Repair and replay").click()
    expect(view.locator("#letters")).to_contain_text("1 event is stored.")
    expect(letter).to_have_count(0)
    house.get_by_role("link", name="House", exact=True).click()
    expect(number(house)).to_have_text("33.3")


def test_a_read_model_is_rebuilt_with_its_outcome(house: Page) -> None:
    view = opened(house, "#/operate")
    latest = view.locator("[data-projection='latest']")
    latest.get_by_role("button", name="Rebuild").click()
    expect(latest.locator(".rebuild")).to_contain_text("rebuild done: equal", timeout=30_000)


def test_an_administrator_issues_a_key_and_revokes_it(house: Page) -> None:
    view = opened(house, "#/operate")
    view.get_by_label("New key for").fill("gateway")
    view.get_by_role("button", name="Issue a key").click()
    expect(view.get_by_text(re.compile("shown this once: gh_"))).to_be_visible()
    key = view.get_by_role("listitem").filter(has=house.get_by_role("heading", name=re.compile("^gateway")))
    key.get_by_role("button", name="Revoke").click()
    key.get_by_role("button", name="Revoke it for good").click()
    expect(key).to_contain_text("revoked")


def test_the_parts_of_operate_are_a_touch_away(house: Page) -> None:
    view = opened(house, "#/operate")
    view.get_by_role("button", name="Keys", exact=True).click()
    expect(view.get_by_role("heading", name="Keys")).to_be_focused()
    expect(view.get_by_role("heading", name="Keys")).to_be_in_viewport()
