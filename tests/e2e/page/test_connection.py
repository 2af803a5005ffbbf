"""How the page keeps following the readings through lost sockets, gaps and a server that is away."""

import re

from playwright.sync_api import Page, expect

from tests.support.built_page import NEEDS_PAGE
from tests.support.page import StagedHouse
from tests.support.page_answers import device, reading

pytestmark = NEEDS_PAGE


def test_the_readings_go_on_where_the_first_answer_ends(house: StagedHouse) -> None:
    house.devices = [device(f"bench-{number}", reading()) for number in range(60)]
    house.open()
    assert house.subscribed == [{"after": "live-0"}]


def test_after_a_lost_socket_the_page_says_so_and_resumes_from_the_last_cursor(page: Page, house: StagedHouse) -> None:
    house.devices = [device("bench-1", reading(20.0))]
    house.open()
    house.send(reading(21.0), reading(22.0))
    expect(page.locator(".number")).to_have_text("22.0")
    house.reachable = False
    house.sockets[-1].close(code=1006)
    expect(page.locator("#link")).to_contain_text("Reconnecting")
    expect(page.get_by_role("status")).to_have_text("Connection lost. Trying again.")
    house.reachable = True
    expect(page.locator("#link")).to_have_text("Live")
    assert house.subscribed == [{"after": "live-0"}, {"after": "c2"}]
    house.send(reading(23.0))
    expect(page.locator(".number")).to_have_text("23.0")


def test_a_server_that_is_away_when_the_page_opens_is_asked_again(page: Page, house: StagedHouse) -> None:
    house.devices = [device("bench-1", reading(20.0))]
    house.open()
    page.route("**/graphql", lambda route: route.abort("connectionrefused"), times=2)
    page.reload()
    expect(page.locator("#link")).to_contain_text("Reconnecting")
    expect(page.locator("#link")).to_have_text("Live")
    expect(page.locator(".number")).to_have_text("20.0")


def test_progress_moves_the_cursor_too(page: Page, house: StagedHouse) -> None:
    house.devices = [device("bench-1", reading())]
    house.open()
    house.tell("ReadingProgress")
    house.send(reading(30.0))
    house.tell("ReadingProgress")
    expect(page.locator(".number")).to_have_text("30.0")
    house.sockets[-1].close(code=1012)
    page.wait_for_function("() => document.getElementById('link').textContent !== 'Live'")
    expect(page.locator("#link")).to_have_text("Live")
    assert house.subscribed[-1] == {"after": "c3"}


def test_a_gap_is_said_and_everything_asked_for_anew(page: Page, house: StagedHouse) -> None:
    house.devices = [device("bench-1", reading(20.0))]
    house.open()
    house.devices = [device("bench-1", reading(25.0))]
    house.tell("ReadingGap", reason="the cursor is of another log")
    expect(page.locator("#notice")).to_contain_text("Some readings were missed (the cursor is of another log)")
    expect(page.locator(".number")).to_have_text("25.0")
    assert len(house.subscribed) == 1
    assert house.questions("DevicesWithLatest")[-1]["atLeast"] == "c1"


def test_after_a_long_absence_nothing_is_replayed_and_everything_asked_for_anew(page: Page, house: StagedHouse) -> None:
    page.clock.install()
    house.devices = [device("bench-1", reading(20.0))]
    house.open()
    house.send(reading(21.0))
    expect(page.locator(".number")).to_have_text("21.0")
    house.devices = [device("bench-1", reading(33.0, timestamp="2026-03-01T12:00:00Z"), reading(44.0, metric="humidity"))]
    page.clock.fast_forward(15 * 60_000)
    house.sockets[-1].close(code=1006)
    expect(page.locator("#link")).to_contain_text("Reconnecting")
    page.clock.fast_forward(1_000)
    expect(page.locator("#link")).to_have_text("Live")
    assert house.subscribed[-1] == {"after": None}
    house.tell("ReadingProgress")
    expect(page.locator(".number")).to_have_text(["21.0", "44.0"])
    with page.expect_request("**/graphql"):  # whatever was under way has now been asked
        page.clock.fast_forward(11_000)
    assert "c2" in [variables.get("atLeast") for variables in house.questions("DevicesWithLatest")]


def test_readings_that_were_recorded_long_ago_show_how_far_behind_the_page_is(page: Page, house: StagedHouse) -> None:
    page.clock.install()
    house.devices = [device("bench-1", reading(20.0))]
    house.open()
    house.send(reading(21.0, recordedAt="2020-01-01T00:00:00Z"))
    expect(page.locator("#link")).to_have_text(re.compile("behind"))
    house.send(reading(22.0))
    expect(page.locator("#link")).to_have_text("Live")
    house.send(reading(23.0, recordedAt="2020-01-01T00:00:00Z"))
    expect(page.locator("#link")).to_have_text(re.compile("behind"))
    page.clock.fast_forward(2000)  # nothing more came: that was all there is
    expect(page.locator("#link")).to_have_text("Live")


def test_a_refused_subscription_is_told_and_tried_again(page: Page, house: StagedHouse) -> None:
    house.open()
    house.frame(
        {
            "id": house.readings_id,
            "type": "error",
            "payload": [{"message": "too many", "extensions": {"code": "LIMIT_EXCEEDED"}}],
        }
    )
    expect(page.locator("#notice")).to_contain_text("Live readings are refused: too many")
    page.wait_for_function("() => document.getElementById('link').textContent !== 'Live'")
    expect(page.locator("#link")).to_have_text("Live")


def test_a_ping_of_the_server_is_answered(page: Page, house: StagedHouse) -> None:
    house.open()
    house.frame({"type": "ping"})
    house.send(reading(20.0))
    expect(page.locator(".number")).to_have_text("20.0")
    assert {"type": "pong"} in house.heard


def test_a_socket_that_fell_silent_is_asked_and_then_replaced(page: Page, house: StagedHouse) -> None:
    page.clock.install()
    house.open()
    page.clock.fast_forward(26_000)
    page.wait_for_function("() => true")
    assert {"type": "ping"} in house.heard
    page.clock.fast_forward(11_000)
    expect(page.locator("#link")).to_contain_text("Reconnecting")
    page.clock.fast_forward(1_000)
    expect(page.locator("#link")).to_have_text("Live")
    assert len(house.sockets) == 2


def test_a_read_model_that_halted_is_named_with_its_error(page: Page, house: StagedHouse) -> None:
    house.projections = [
        {"name": "history", "state": "HALTED", "error": "disk full"},
        {"name": "latest", "state": "LIVE", "error": None},
    ]
    house.open()
    expect(page.locator("#notice")).to_contain_text("history (disk full)")
    expect(page.locator("#notice")).not_to_contain_text("latest")
    page.get_by_role("alert").get_by_role("button", name="Close").click()
    expect(page.locator("#notice")).to_be_hidden()


def test_a_view_opens_while_the_server_is_away(page: Page, house: StagedHouse) -> None:
    with page.expect_response("**/operate-*.js"):  # fetched before anybody asks for it
        house.open()
    house.reachable = False
    house.sockets[-1].close(code=1006)
    expect(page.locator("#link")).to_contain_text("Reconnecting")
    page.get_by_role("link", name="Operate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Operate")


def test_a_view_that_could_not_be_fetched_says_so_and_comes_when_the_server_is_back(page: Page, house: StagedHouse) -> None:
    page.route("**/operate-*.js", lambda route: route.abort("connectionrefused"))
    house.open("#/operate")
    expect(page.locator("#view")).to_contain_text("This view could not be fetched yet")
    page.unroute("**/operate-*.js")
    expect(page.get_by_role("heading", level=1)).to_have_text("Operate")
