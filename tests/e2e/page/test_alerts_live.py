"""Alerts on the page come by subscription: nobody asks for them again and again, and none is missed."""

import pytest
from playwright.sync_api import Page, Request, WebSocketRoute, expect

from tests.support.built_page import NEEDS_PAGE, open_built, opened, serious
from tests.support.page_server import Server

TOPIC = "glasshouse/home/climate-1/reading"
RULE = """mutation ($input: AlertRuleInput!) {
  defineAlertRule(input: $input) { __typename ... on OperationError { message } }
}"""
ALERTS = "{ alerts(first: 9, state: OPEN) { nodes { id } } }"

pytestmark = NEEDS_PAGE


@pytest.fixture(scope="module", autouse=True)
def rule(server: Server) -> None:
    hot = {"ruleId": "hot", "name": "Hot", "threshold": {"metric": "temperature", "above": 40}, "severity": "CRITICAL"}
    server.ask(RULE, input=hot)


@pytest.fixture(autouse=True)
def calm(server: Server) -> None:
    """No alert is open, whatever the test before has left."""
    say(server, 21.5)
    server.until(ALERTS, lambda told: not told["alerts"]["nodes"])


def say(server: Server, value: float) -> None:
    server.publish(TOPIC, [{"reading": {"temperature": value}}])


def test_an_alert_is_counted_everywhere_as_it_is_raised_and_as_it_ends(page: Page, server: Server) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.extend(name for name in ("OpenAlerts", "EndedAlerts") if f"query {name}" in (request.post_data or ""))

    page.on("request", note)
    open_built(page, server)
    count = page.get_by_role("link", name="Alerts").locator("b")
    expect(count).to_have_count(0)
    say(server, 41)
    expect(count).to_have_text("1")
    expect(page.locator(".standing")).to_have_text("1 alert is open, 1 critical")
    expect(page.locator("#announce")).to_contain_text("TemperatureAlert at climate-1")
    view = opened(page, "#/alerts")
    expect(view.locator(".alert")).to_contain_text("41.0 °C")
    say(server, 20)
    expect(view.locator(".alert")).to_have_count(0)
    expect(count).to_have_count(0)
    with page.expect_request(lambda request: "query EndedAlerts" in (request.post_data or "")):
        view.get_by_role("button", name="Over").click()
    expect(view.locator(".alert").first).to_contain_text("it lasted")
    assert asked == ["OpenAlerts", "EndedAlerts"]


def test_what_was_raised_while_the_network_was_cut_is_there_afterwards(page: Page, server: Server) -> None:
    sockets: list[WebSocketRoute] = []

    def relay(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket("**/graphql", relay)
    open_built(page, server)
    view = opened(page, "#/alerts")
    expect(view.get_by_role("heading", name="Alerts")).to_be_visible()
    page.context.set_offline(True)
    sockets[-1].close(code=1012)
    expect(page.locator("#link")).to_contain_text("Reconnecting")
    say(server, 42)
    server.until(ALERTS, lambda told: told["alerts"]["nodes"])
    page.context.set_offline(False)
    expect(view.locator(".alert")).to_contain_text("42.0 °C")


def test_a_view_that_was_never_opened_opens_without_a_network(page: Page, server: Server) -> None:
    with page.expect_response(lambda response: "/static/operate-" in response.url and response.ok):
        open_built(page, server)
    page.context.set_offline(True)
    expect(opened(page, "#/operate").get_by_role("heading", name="Operate")).to_be_visible()
    page.context.set_offline(False)


def test_an_alert_shows_the_readings_behind_it_and_who_was_told(page: Page, server: Server) -> None:
    say(server, 43)
    view = opened(open_built(page, server), "#/alerts")
    alert = view.locator(".alert")
    expect(alert.get_by_role("heading", level=2)).to_contain_text("Hot")
    expect(alert).to_contain_text("now 43.0 °C")
    alert.get_by_role("button", name="Why, and the readings behind").click()
    expect(alert.get_by_role("img", name="Temperature of main on climate-1 before, during and after the alert")).to_be_visible()
    expect(alert.locator(".chart canvas")).to_have_count(1)
    expect(alert.locator(".told")).to_contain_text("Nobody.")
    expect(alert.locator(".trace")).to_contain_text("The alert is raised")
    assert serious(page) == []
    say(server, 20)
    expect(page.get_by_role("link", name="Alerts").locator("b")).to_have_count(0)
    expect(alert).to_contain_text("over")
