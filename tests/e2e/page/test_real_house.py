"""The page in front of the real house: broker, log, read models and API in a process of its own."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.support.built_page import NEEDS_PAGE
from tests.support.cable import cable_to
from tests.support.page_server import Server

pytestmark = NEEDS_PAGE
TOPIC = "glasshouse/home/bench-1/reading"
ISSUE = "mutation ($input: IssueKeyInput!) { issueKey(input: $input) { ... on IssueKeySuccess { secret } } }"
REVOKE = "mutation ($input: RevokeKeyInput!) { revokeKey(input: $input) { __typename } }"
DECLARE = "mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { __typename } }"
COMMAND = """mutation ($input: IssueCommandInput!) {
  issueCommand(input: $input) { ... on IssueCommandSuccess { command { id } } ... on OperationError { message } }
}"""
STORED = "query ($device: ID!) { readings(deviceId: $device, first: 500) { nodes { eventId } } }"


@pytest.fixture
def received(page: Page) -> list[str]:
    """The event ids of all readings that came to the page, over however many sockets."""
    ids: list[str] = []

    def keep(frame: str | bytes) -> None:
        message: dict[str, Any] = json.loads(frame)
        told = message.get("payload", {}).get("data", {}).get("readings", {}) if message["type"] == "next" else {}
        if "reading" in told:
            ids.append(told["reading"]["eventId"])

    def follow(socket: WebSocket) -> None:
        socket.on("framereceived", keep)

    page.on("websocket", follow)
    return ids


def stored(page: Page, server: Server, device: str, at_least: int) -> list[str]:
    """The event ids of its readings; the history follows the live ones by a moment."""
    ids: list[str] = []
    for _ in range(100):
        nodes = server.ask(STORED, device=device)["readings"]["nodes"]
        ids = sorted(node["eventId"] for node in nodes)
        if len(ids) >= at_least:
            break
        page.wait_for_timeout(100)
    return ids


def temperatures(first: int, last: int) -> list[dict[str, Any]]:
    return [{"id": f"r{number}", "reading": {"temperature": number / 10}} for number in range(first, last + 1)]


def test_the_link_opens_the_house_and_readings_move(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/#key={server.key}")
    expect(page.locator("#link")).to_have_text("Live")
    server.publish("glasshouse/home/bench-0/reading", [{"reading": {"temperature": 70.7}, "units": {"temperature": "degF"}}])
    expect(page.locator("#device-bench-0 .value")).to_have_text("21.5 °C")
    server.publish("glasshouse/home/bench-0/reading", [{"reading": {"temperature": 500}}])
    expect(page.locator("#device-bench-0 .value")).to_have_text("500.0 °C")
    expect(page.locator("#device-bench-0 tbody")).to_contain_text("Bad")
    assert page.url == f"{server.url}/"


def _has_actuators(told: Any) -> bool:
    return bool(told["device"] and told["device"]["actuators"])


def test_status_and_actuators_are_there_when_the_page_opens(page: Page, server: Server) -> None:
    server.publish("glasshouse/home/bench-2/status", [{"status": "online", "model": "GH-200"}])
    server.publish("glasshouse/home/bench-2/state", [{"actuatorId": "heater", "state": "on", "reason": "too cold"}])
    server.until('{ device(id: "bench-2") { actuators { actuatorId } } }', _has_actuators)
    page.goto(f"{server.url}/#key={server.key}")
    card = page.locator("#device-bench-2")
    expect(card.get_by_role("listitem")).to_have_text("heater on")
    expect(card.locator(".about")).to_have_text("GH-200")


def test_a_command_of_another_moves_on_before_the_readers_eyes_and_tells_why(page: Page, server: Server) -> None:
    server.ask(DECLARE, input={"deviceId": "bench-3", "location": "home/house-1", "actuators": [{"actuatorId": "fan"}]})
    server.publish("glasshouse/home/bench-3/status", [{"status": "online"}])
    server.until('{ device(id: "bench-3") { status } }', lambda told: told["device"] and told["device"]["status"])
    page.goto(f"{server.url}/#key={server.key}")
    page.get_by_role("link", name="Commands").click()
    wanted = {"deviceId": "bench-3", "actuatorId": "fan", "value": "on"}
    command = server.ask(COMMAND, input=wanted)["issueCommand"]["command"]["id"]
    entry = page.locator(".command").filter(has_text="bench-3")
    expect(entry.locator(".state")).to_have_text("dispatched")
    entry.get_by_role("button").click()
    answers = [{"commandId": command, "result": "accepted"}, {"commandId": command, "result": "succeeded", "state": "on"}]
    server.publish("glasshouse/home/bench-3/ack", answers)
    expect(entry.locator(".state")).to_have_text("succeeded")
    expect(entry.locator(".trace")).to_contain_text("bench-3 answers succeeded: on")


def test_a_wrong_key_is_refused(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/#key=gh_nobody_nothing")
    expect(page.get_by_role("alert")).to_contain_text("This key does not open the house")


def test_a_key_that_may_only_bring_readings_in_does_not_open_the_house(page: Page, server: Server) -> None:
    key = server.ask(ISSUE, input={"name": "gateway", "role": "INGEST"})["issueKey"]["secret"]
    page.goto(f"{server.url}/#key={key}")
    expect(page.get_by_role("alert")).to_contain_text("This key may not look at the house")


def test_a_revoked_key_closes_the_page_that_it_opened(page: Page, server: Server) -> None:
    key = server.ask(ISSUE, input={"name": "page", "role": "VIEWER"})["issueKey"]["secret"]
    page.goto(f"{server.url}/#key={key}")
    expect(page.locator("#link")).to_have_text("Live")
    server.ask(REVOKE, input={"keyId": key.split("_")[1]})
    expect(page.get_by_role("alert")).to_contain_text("The session is over")
    expect(page.locator("#house")).to_be_hidden()


def test_after_kill_9_and_a_restart_the_page_resumes_and_has_every_reading_once(
    page: Page, server: Server, received: list[str]
) -> None:
    page.goto(f"{server.url}/#key={server.key}")
    expect(page.locator("#link")).to_have_text("Live")
    number = page.locator("#device-bench-1 .number")
    server.publish(TOPIC, temperatures(101, 120))
    expect(number).to_have_text("12.0")
    server.kill()
    expect(page.locator("#link")).to_contain_text("Reconnecting")
    server.start()
    server.publish(TOPIC, temperatures(121, 160))
    expect(number).to_have_text("16.0")
    expect(page.locator("#link")).to_have_text("Live")
    expect(page.locator("#notice")).to_be_hidden()
    assert len(received) == 60
    assert sorted(received) == stored(page, server, "bench-1", 60)


def test_the_network_is_cut_for_ten_seconds_and_nothing_is_missed(page: Page, server: Server, received: list[str]) -> None:
    topic, number = "glasshouse/home/far-1/reading", page.locator("#device-far-1 .number")
    link, said = page.locator("#link"), page.locator("#announce")
    with cable_to(server.url) as cable:
        page.goto(f"{cable.url}/#key={server.key}")
        expect(link).to_have_text("Live")
        server.publish(topic, temperatures(101, 110))
        expect(number).to_have_text("11.0")
        cable.cut()
        expect(link).to_contain_text("Reconnecting")
        expect(said).to_have_text("Connection lost. Trying again.")
        for second in range(10):
            server.publish(topic, temperatures(111 + 5 * second, 115 + 5 * second))
            page.wait_for_timeout(1000)
        expect(link).to_contain_text("Reconnecting")
        expect(number).to_have_text("11.0")
        cable.mend()
        expect(number).to_have_text("16.0", timeout=20_000)
        expect(link).to_have_text("Live")
        expect(said).to_have_text("Connected again.")
        expect(page.locator("#notice")).to_be_hidden()
        assert len(received) == 60
        assert sorted(received) == stored(page, server, "far-1", 60)
        page.goto("about:blank")
