"""What the page shows of the devices, and how it changes as readings come."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from tests.support.built_page import NEEDS_PAGE
from tests.support.page import StagedHouse
from tests.support.page_answers import ago, device, reading

pytestmark = NEEDS_PAGE
HOSTILE = "<img src=x onerror=alert(1)>"


def row(page: Page, device_id: str, metric: str) -> Locator:
    return page.locator(f"#device-{device_id}").get_by_role("row").filter(has=page.get_by_role("rowheader", name=metric))


def test_an_empty_house_says_how_to_connect_a_device(page: Page, house: StagedHouse) -> None:
    house.open()
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for the first device")
    expect(page.locator("#example")).to_contain_text("mosquitto_pub -V 5 -h house.test")
    expect(page.locator("#empty")).to_contain_text("glasshouse/<site>/<device>/reading")


def test_devices_stand_in_their_places_with_values_in_units_people_read(page: Page, house: StagedHouse) -> None:
    house.devices = [
        device("bench-10", reading(480.4, metric="par"), location="home/house-1/north", name="Bench ten"),
        device("bench-2", reading(21.46), reading(-0.04, metric="humidity")),
    ]
    house.open()
    expect(page.locator("#devices").get_by_role("heading", level=2)).to_have_text(["home", "home / house-1 / north"])
    expect(row(page, "bench-2", "Temperature").locator(".value")).to_have_text("21.5 °C")
    expect(row(page, "bench-2", "Humidity").locator(".value")).to_have_text("0.0 %")
    expect(row(page, "bench-10", "PAR").locator(".value")).to_have_text("480 µmol/m²/s")
    expect(page.get_by_role("heading", name="Bench ten")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("All 2 devices are well")


def test_what_matters_to_the_crop_stands_above_what_the_device_says_of_itself(page: Page, house: StagedHouse) -> None:
    probes = [reading(20.0, sensorId=f"probe-{number}") for number in (10, 2)]
    board = [reading(90, metric="battery", sensorId="board"), reading(1, metric="leaf_wetness", sensorId="main")]
    house.devices = [device("bench-1", *board, *probes, reading(60, metric="humidity", sensorId="main"))]
    house.open()
    labels = ["Temperature probe-2", "Temperature probe-10", "Humidity", "Battery board", "Leaf wetness"]
    expect(page.get_by_role("rowheader")).to_have_text(labels)


def test_a_value_moves_when_its_sensor_speaks(page: Page, house: StagedHouse) -> None:
    house.devices = [device("bench-1", reading(21.0))]
    house.open()
    house.send(reading(22.5))
    expect(row(page, "bench-1", "Temperature").locator(".number")).to_have_text("22.5")


def test_a_reading_that_comes_late_or_from_the_future_is_not_the_latest(page: Page, house: StagedHouse) -> None:
    house.devices = [device("bench-1", reading(21.0))]
    house.open()
    now = datetime.now(UTC)
    house.send(
        reading(5.0, at=now - timedelta(minutes=1)), reading(99.0, at=now + timedelta(days=1)), reading(50, metric="humidity")
    )
    expect(row(page, "bench-1", "Humidity")).to_be_visible()
    expect(row(page, "bench-1", "Temperature").locator(".number")).to_have_text("21.0")


def test_a_bad_value_is_marked_in_words_and_counted(page: Page, house: StagedHouse) -> None:
    house.devices = [device("bench-1", reading(21.0)), device("bench-2", reading(20.0))]
    house.open()
    house.send(reading(120.0, quality="BAD"))
    expect(row(page, "bench-1", "Temperature").get_by_role("rowheader")).to_contain_text("Bad")
    expect(page.get_by_role("button", name="Bad values")).to_have_text("Bad values 1")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 device needs a look")
    page.get_by_role("button", name="Bad values").press("Enter")
    expect(page.locator("#device-bench-2")).to_be_hidden()
    expect(page.locator("#device-bench-1")).to_be_visible()


def test_a_device_that_says_nothing_for_five_minutes_is_silent_until_it_speaks(page: Page, house: StagedHouse) -> None:
    house.devices = [device("bench-1", reading(), lastSeen=ago(301), latest=[])]
    house.open()
    status = page.locator("#device-bench-1 .status")
    expect(status).to_have_text("Silent")
    expect(page.locator("#device-bench-1 .seen")).to_have_text("5 min ago")
    house.send(reading())
    expect(status).to_have_text("Online")


def test_a_device_is_offline_by_its_last_will_until_it_reads_again(page: Page, house: StagedHouse) -> None:
    house.devices = [device("bench-1", reading(), status="OFFLINE", statusAt=ago(-1))]
    house.open()
    status = page.locator("#device-bench-1 .status")
    expect(status).to_have_text("Offline")
    house.send(reading(recordedAt=ago(-2)))
    expect(status).to_have_text("Online")


def test_a_device_that_is_out_of_service_needs_no_look_whatever_it_said_last(page: Page, house: StagedHouse) -> None:
    gone = device("bench-2", reading(120.0, quality="BAD"), lastSeen=ago(301), retiredAt=ago(10))
    to_go = device("bench-3", reading(), lastSeen=ago(301), latest=[], retiredAt=ago(-3600))
    house.devices = [device("bench-1", reading()), gone, to_go]
    house.open()
    expect(page.locator("#device-bench-2 .status")).to_have_text("Out of service")
    expect(page.locator("#device-bench-3 .status")).to_have_text("Silent")
    expect(page.get_by_role("button", name="Bad values")).to_have_text("Bad values 0")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 device needs a look")


def test_actuators_show_their_state_and_why(page: Page, house: StagedHouse) -> None:
    heater = {"actuatorId": "heater", "state": True, "reason": "too cold", "timestamp": ago(60)}
    vent = {"actuatorId": "vent", "state": 0.4, "reason": None, "timestamp": ago(60)}
    house.devices = [device("bench-1", reading(), actuators=[heater, vent])]
    house.open()
    items = page.get_by_role("list", name="Actuators").get_by_role("listitem")
    expect(items).to_have_text(["heater on", "vent 0.4"])
    expect(items.first).to_have_attribute("title", re.compile("too cold"))


def test_a_device_that_speaks_for_the_first_time_appears_and_finds_its_place(page: Page, house: StagedHouse) -> None:
    house.open()
    house.devices = [device("bench-1", location="home/house-1")]
    house.send(reading(19.0))
    expect(row(page, "bench-1", "Temperature").locator(".number")).to_have_text("19.0")
    expect(page.get_by_role("heading", name="home / house-1")).to_be_visible()
    expect(page.locator("#empty")).to_be_hidden()


def test_hundreds_of_devices_come_page_by_page_and_are_found_by_name(page: Page, house: StagedHouse) -> None:
    house.devices = [device(f"bench-{number}", reading(), name=f"Row {number}") for number in range(1, 231)]
    house.open()
    expect(page.locator(".card")).to_have_count(230)
    assert [asked["after"] for asked in house.questions("DevicesWithLatest")] == [None, "50", "100", "150", "200"]
    page.get_by_label("Find a device or place").fill("row 229")
    expect(page.locator(".card:visible")).to_have_count(1)
    page.get_by_label("Find a device or place").fill("no such thing")
    expect(page.get_by_text("No device matches.")).to_be_visible()


def test_a_sparkline_has_its_past_from_the_history(page: Page, house: StagedHouse) -> None:
    house.devices = [device("bench-1", reading(21.0))]
    start = datetime.now(UTC).timestamp() // 10 * 10 - 100
    buckets = [
        {"start": datetime.fromtimestamp(start + 10 * number, UTC).isoformat(), "count": 1, "mean": 20.0 + number}
        for number in range(8)
    ]
    house.series = [{"deviceId": "bench-1", "sensorId": "air", "metric": "temperature", "buckets": buckets}]
    house.open()
    line = row(page, "bench-1", "Temperature").locator(".line")
    expect(line).to_have_attribute("d", re.compile(r"^M.*(L.*){7}"))
    assert house.questions("Recent")[0]["selectors"] == [{"deviceId": "bench-1", "sensorId": "air", "metric": "temperature"}]


def test_what_a_device_calls_itself_is_never_markup(page: Page, house: StagedHouse) -> None:
    house.devices = [device("bench-1", reading(), name=HOSTILE, location=f"home/{HOSTILE}", model=HOSTILE)]
    house.open()
    expect(page.get_by_role("heading", level=3)).to_have_text(HOSTILE)
    expect(page.locator("img[src='x']")).to_have_count(0)


def test_a_phone_scrolls_down_but_never_sideways(page: Page, house: StagedHouse) -> None:
    page.set_viewport_size({"width": 340, "height": 700})
    house.devices = [device(f"climate-of-the-long-bench-{number}", reading(1480, metric="par")) for number in range(3)]
    house.open()
    expect(page.locator(".card")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") == 340
