"""What the page shows of commands: what was asked, what became of it as it happens, and why."""

from playwright.sync_api import Locator, Page, expect

from tests.support.built_page import NEEDS_PAGE
from tests.support.page import StagedHouse
from tests.support.page_answers import command, device, reading, traced

pytestmark = NEEDS_PAGE
HOSTILE = "<img src=x onerror=alert(1)>"


def opened(page: Page, house: StagedHouse) -> Locator:
    house.open()
    page.get_by_role("link", name="Commands").click()
    return page.locator("#view")


def test_commands_stand_newest_first_with_what_became_of_them(page: Page, house: StagedHouse) -> None:
    house.commands = [
        command("c-3"),
        command("c-2", actuatorId="pump", value="on", state="FAILED", reason="the drive is blocked", requestedBy=None),
        command("c-1", actuatorId="heater", command="auto", value=None, state="TIMED_OUT"),
    ]
    view = opened(page, house)
    expect(view.locator(".what")).to_have_text(["vent → 50", "pump → on", "heater: auto"])
    expect(view.locator(".where")).to_have_text(["actuators-1 · automation", "actuators-1", "actuators-1 · automation"])
    expect(view.locator(".state")).to_have_text(["requested", "failed", "timed out"])
    expect(view.locator(".reason:visible")).to_have_text(["the drive is blocked"])


def test_devices_of_one_name_are_told_apart_by_their_ids(page: Page, house: StagedHouse) -> None:
    named = {"actuators-1": "Lettuce", "actuators-2": "Lettuce", "actuators-3": "Orchids"}
    house.devices = [device(each, reading(), name=name) for each, name in named.items()]
    house.commands = [command(each, deviceId=each, requestedBy=None) for each in named]
    view = opened(page, house)
    expect(view.locator(".where")).to_have_text(["Lettuce (actuators-1)", "Lettuce (actuators-2)", "Orchids"])


def test_a_command_moves_on_while_somebody_looks_and_keeps_its_place_and_focus(page: Page, house: StagedHouse) -> None:
    house.commands = [command("c-1")]
    view = opened(page, house)
    first = view.get_by_role("button", name="vent → 50")
    first.focus()
    house.commands = [command("c-2", value=75.0), command("c-1", state="SUCCEEDED")]
    expect(view.locator(".state")).to_have_text(["requested", "succeeded"])
    expect(first).to_be_focused()
    house.commands = [command("c-2", value=75.0, state="SUCCEEDED")]
    expect(view.locator(".state")).to_have_text(["succeeded"])


def test_a_command_opens_its_trace_from_its_cause_to_what_came_of_it(page: Page, house: StagedHouse) -> None:
    house.commands = [command("c-1", state="DISPATCHED")]
    begun = [
        traced("Reading", after=False, readings=[reading(31.25, deviceId="climate-1")]),
        traced("Request", actor="automation", commandIds=["c-1"]),
        traced("Command", deviceId="actuators-1", actuatorId="vent", command="set", value=50.0),
        traced("Step", step="DISPATCHED", reason=None, reachedState=None),
    ]
    house.traces["all-c-1"] = {"truncated": False, "entries": begun}
    view = opened(page, house)
    button = view.get_by_role("button", name="vent → 50")
    button.press("Enter")
    told = [
        "Because climate-1: Temperature 31.3 °C",
        "automation asked for 1 command",
        "vent → 50 on actuators-1",
        "dispatched",
    ]
    expect(view.locator(".step")).to_have_text(told)
    expect(button).to_have_attribute("aria-expanded", "true")
    answer = {"deviceId": "actuators-1", "reason": None, "late": False}
    ended = [
        traced("Answer", **answer, toldOf="vent", result=None, told=50.0),
        traced("Answer", **answer, toldOf=None, result="SUCCEEDED", told=50.0),
        traced("Step", step="SUCCEEDED", reason=None, reachedState=50.0),
        traced("End", succeeded=True, setBack=[]),
        traced("Reading", after=True, readings=[reading(29.0, deviceId="climate-1")]),
    ]
    house.traces["all-c-1"] = {"truncated": True, "entries": [*begun, *ended]}
    house.commands = [command("c-1", state="SUCCEEDED")]
    told += ["actuators-1 tells vent: 50", "actuators-1 answers succeeded: 50", "succeeded: 50", "All of it succeeded"]
    told += ["Afterwards climate-1: Temperature 29.0 °C", "There is more of it than is shown here."]
    expect(view.locator(".step")).to_have_text(told)
    button.press("Enter")
    expect(view.locator(".trace")).to_be_hidden()


def test_where_several_were_asked_for_each_step_says_whose_it_is(page: Page, house: StagedHouse) -> None:
    house.commands = [command("c-1")]
    both = [{"deviceId": "actuators-1", "actuatorId": name} for name in ("vent", "heater")]
    asked = [traced("Command", **one, command="set", value=0.0) for one in both]
    steps = [traced("Step", **one, step="DISPATCHED", reason=None, reachedState=None) for one in both]
    house.traces["all-c-1"] = {"truncated": False, "entries": [*asked, *steps]}
    view = opened(page, house)
    view.get_by_role("button", name="vent → 50").click()
    told = ["vent → 0 on actuators-1", "heater → 0 on actuators-1"]
    told += ["vent on actuators-1: dispatched", "heater on actuators-1: dispatched"]
    expect(view.locator(".step")).to_have_text(told)


def test_a_house_without_commands_says_so_and_is_not_asked_once_nobody_looks(page: Page, house: StagedHouse) -> None:
    page.clock.install()
    house.devices = [device("bench-1", reading())]
    view = opened(page, house)
    expect(view).to_contain_text("Nothing was asked of an actuator yet.")
    page.get_by_role("link", name="House", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The device is well")
    asked = len(house.questions("Commands"))
    with page.expect_request(lambda request: "Health" in (request.post_data or "")):
        page.clock.fast_forward(15_000)
    assert len(house.questions("Commands")) <= asked + 1  # the one that was under way


def test_what_a_device_says_of_a_command_is_never_markup(page: Page, house: StagedHouse) -> None:
    house.commands = [command("c-1", value=HOSTILE, state="REJECTED", reason=HOSTILE, requestedBy=HOSTILE)]
    house.traces["all-c-1"] = {
        "truncated": False,
        "entries": [traced("Step", step="REJECTED", reason=HOSTILE, reachedState=HOSTILE)],
    }
    view = opened(page, house)
    view.get_by_role("button", name="vent").click()
    expect(view.locator(".step")).to_have_text(f"rejected: {HOSTILE} ({HOSTILE})")
    expect(page.locator("img[src='x']")).to_have_count(0)


def test_commands_fit_a_phone(page: Page, house: StagedHouse) -> None:
    page.set_viewport_size({"width": 340, "height": 700})
    house.commands = [command(deviceId="actuators-of-the-long-house-at-the-river-1", requestedBy="the-automation-of-the-north")]
    view = opened(page, house)
    expect(view.locator(".state")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 340
