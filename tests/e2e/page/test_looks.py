"""Every view before a demo that runs, on a desk and a phone, light and dark: nobody is shut out, and pictures are kept."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from msgspec import Struct
from playwright.sync_api import Locator, Page, expect

from tests.support.built_page import NEEDS_PAGE, open_built, opened, serious
from tests.support.documents import ROOT
from tests.support.lived_in import DEVICE, live_in
from tests.support.page_server import Server

PICTURES: Final = ROOT / "artefacts" / "page"
TOO_WIDE: Final = """() => [...document.querySelectorAll("body, body *")].filter((one) =>
  one.getBoundingClientRect().right > innerWidth).map(({ outerHTML }) => outerHTML.slice(0, 200))"""
MOVED: Final = """before => [...document.querySelectorAll(".card .number")].some((one, at) => one.textContent !== before[at])"""
HEIGHT: Final = 9000
WIDTHS: Final = {"desktop": 1280, "phone": 340}

pytestmark = NEEDS_PAGE


class View(Struct, frozen=True):
    """Where it is, what to press in it, and what is there once it has what it asked for."""

    address: str
    shown: str
    press: str = ""


VIEWS: Final = {
    "house": View("#/house", ".heat li:nth-child(3)"),
    "device": View(f"#/device/{DEVICE}", ":nth-match([role=img][aria-label*=window], 3)", press="1 day"),
    "alerts": View("#/alerts", ".trace .step", press="Why, and the readings behind"),
    "rules": View("#/rules", ".row"),
    "rule": View("#/rules/too-warm", ".chart canvas", press="Preview over the past"),
    "recipients": View("#/recipients", ".row"),
    "commands": View("#/commands", ".trace .step", press="vent → 60"),
    "operate": View("#/operate", "#letters-list .row"),
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("demo"), command=("demo", "--rate", "10")) as demo:
        live_in(demo)
        demo.until("{ devices(first: 50) { nodes { status } } }", all_there)
        yield demo


def all_there(told: Any) -> bool:
    """Whether every device has said that it is."""
    return all(one["status"] == "ONLINE" for one in told["devices"]["nodes"])


def test_values_of_the_demo_move(page: Page, demo: Server) -> None:
    open_built(page, demo)
    numbers = page.locator(".card .number")
    expect(page.locator(".card")).to_have_count(23)
    before = numbers.all_text_contents()
    page.wait_for_function(MOVED, arg=before)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", WIDTHS)
def test_no_view_scrolls_sideways_or_shuts_anybody_out(page: Page, demo: Server, theme: str, screen: str) -> None:
    page.set_viewport_size({"width": WIDTHS[screen], "height": HEIGHT})
    page.emulate_media(reduced_motion="reduce")  # colours are looked at once they are what they come to
    open_built(page, demo)
    page.get_by_label("Colours").select_option(theme)
    for name, view in VIEWS.items():
        show(page, view)
        picture(page, f"{name}-{screen}-{theme}")
        assert serious(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[screen], (name, page.evaluate(TOO_WIDE))


def show(page: Page, view: View) -> None:
    place: Locator = opened(page, view.address)
    expect(page.get_by_role("navigation", name="Views").locator("[aria-current]")).to_be_in_viewport(ratio=0.9)
    if view.press:
        place.get_by_role("button", name=re.compile(f"^{view.press}")).first.click()
    expect(place.locator(view.shown).first).to_be_visible()


def picture(page: Page, name: str) -> None:
    """All of it, on a screen as high as it is: what is not in sight is not drawn."""
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({**size, "height": page.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")})
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    page.set_viewport_size(size)
