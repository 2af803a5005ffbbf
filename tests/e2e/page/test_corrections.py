"""Readings are put right on the page: a stretch or one of them, looked at first, with who and why, and taken back."""

import itertools
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from schema.times import format_time
from tests.support.built_page import NEEDS_PAGE, open_built, opened, serious
from tests.support.page_server import Server

pytestmark = NEEDS_PAGE
_numbers = itertools.count(1)


@pytest.fixture
def device(server: Server) -> str:
    """One for each test: what is corrected of it is corrected for no other test."""
    device, now = f"climate-{next(_numbers)}", datetime.now(UTC)
    measured = [(180, 21.0), (120, 22.0), (60, 400.0), (1, 23.0)]
    said = [
        {"timestamp": format_time(now - timedelta(seconds=ago)), "reading": {"temperature": value}} for ago, value in measured
    ]
    server.publish(f"glasshouse/home/{device}/reading", said)
    return device


@pytest.fixture
def chart(page: Page, server: Server, device: str) -> Locator:
    open_built(page, server)
    panel = opened(page, f"#/device/{device}").get_by_role("region", name="Temperature main")
    expect(panel.get_by_role("img")).to_have_attribute("aria-label", re.compile("3 readings"))
    return panel


def test_what_is_bad_and_what_came_late_is_marked_and_read_by_the_arrow_keys(page: Page, chart: Locator) -> None:
    expect(chart.locator(".legend")).to_contain_text("bad, or before a correction")
    chart.locator("summary").click()
    expect(chart.locator(".marks")).to_contain_text(re.compile("400.0 °C, bad, .*arrived 60 s late"))
    expect(chart.locator(".marks")).to_contain_text("22.0 °C, arrived 2 min late")
    chart.get_by_role("img").focus()
    page.keyboard.press("ArrowLeft")
    expect(chart.locator(".about")).to_contain_text("23.0 °C")
    page.keyboard.press("Tab")
    expect(chart.locator(".about")).to_contain_text("21.0 °C to 23.0 °C")


def test_a_stretch_is_looked_at_corrected_in_us_units_and_taken_back(page: Page, chart: Locator) -> None:
    page.get_by_label("Units").select_option("us")
    chart.get_by_role("button", name="Correct…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What to do").select_option(label="Add to each")
    dialog.get_by_label("Amount (°F)").fill("-3.6")
    dialog.get_by_label("Why").fill("the probe hung in the sun")
    dialog.get_by_role("button", name="Look first").click()
    expect(dialog.get_by_role("status")).to_have_text(
        re.compile(r"Of 4 readings 4 would change.* The mean goes from 71.6 °F to 68.0 °F")
    )
    assert serious(page) == []
    dialog.get_by_role("button", name="Correct", exact=True).click()
    expect(chart.locator(".about")).to_contain_text("66.2 °F to 69.8 °F")
    expect(chart.locator(".legend")).to_contain_text("corrected")
    corrections = page.locator("#corrections")
    expect(corrections).to_contain_text(re.compile("-3.6 °F, “the probe hung in the sun” by ."))
    corrections.get_by_role("button", name="Take it back").click()
    expect(chart.locator(".about")).to_contain_text("69.8 °F to 73.4 °F")


def test_one_reading_is_set_to_what_it_was_and_a_refusal_is_told_in_the_dialog(page: Page, chart: Locator) -> None:
    chart.locator("summary").click()
    chart.get_by_role("listitem").filter(has_text="400.0 °C").get_by_role("button", name="Correct this one").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What to do").select_option(label="Set them all to")
    dialog.get_by_label("Why").fill("a loose wire")
    dialog.get_by_label("Amount (°C)").fill("warm")
    dialog.get_by_role("button", name="Correct", exact=True).click()
    expect(dialog.get_by_role("alert")).to_have_text("“warm” is not a number.")
    dialog.get_by_label("Amount (°C)").fill("22.5")
    until = dialog.get_by_label("Until").input_value()
    dialog.get_by_label("Until").fill(dialog.get_by_label("From", exact=True).input_value())
    dialog.get_by_role("button", name="Correct", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("That cannot be right: ")
    dialog.get_by_label("Until").fill(until)
    dialog.get_by_role("button", name="Correct", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(chart.get_by_role("img")).to_have_attribute("aria-label", re.compile("4 readings"))
