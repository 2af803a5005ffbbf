"""A frost rule from the first question to the last answer, on a real greenhouse: asked of January 2022, saved in a fresh house,
raised by the import, told by a webhook, acknowledged on the page, and traced.
"""

import csv
import hashlib
import hmac
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.built_page import NEEDS_PAGE, open_built, opened
from tests.support.page_server import Server
from tests.support.real_data import MAPPINGS, real_data
from tests.support.receiver import Got, Receiver, receiving_in_a_thread

SECRET: Final = "sixteen letters, and more"
FROST: Final = {
    "ruleId": "frost",
    "name": "Frost",
    "threshold": {"metric": "temperature", "below": 0},
    "evaluateBackfill": True,
}
ASKED: Final = ("--from", "2022-01-01", "--to", "2022-02-01", "--json")
PROBE: Final = {"deviceId": "Temp_4ch_1", "sensorId": "probe-1"}
DEFINE: Final = """mutation {
  ada: defineRecipient(input: {recipientId: "ada", name: "Ada", targets: ["panel"], where: {deviceId: "Ref_AirTemp"}}) {
    __typename ... on OperationError { message }
  }
  ben: defineRecipient(
    input: {recipientId: "ben", name: "Ben", targets: ["panel"], where: {deviceId: "Temp_4ch_1", sensorId: "probe-1"}}
  ) { __typename ... on OperationError { message } }
}"""
RULE: Final = """{ alertRule(id: "frost") { evaluateBackfill condition { below hysteresis } for } }"""
ALERTS: Final = """{
  alerts(first: 500) { nodes { id deviceId sensorId since overSince backfilled acknowledgedBy note } }
}"""
WHOLE: Final = [
    "AlertRuleDefined",
    "SensorReading",
    "AlertRaised",
    "NotificationRequested",
    "NotificationSent",
    "AlertAcknowledged",
]
TRACE: Final = """query ($id: ID!) {
  trace(correlationId: $id) { entries { __typename ... on Traced { eventId type causationId actor } } }
}"""
pytestmark = NEEDS_PAGE


def glasshouse(*arguments: str) -> str:
    found = subprocess.run([sys.executable, "-m", "glasshouse", *arguments], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def january(tmp_path: Path) -> Iterator[Path]:
    """What two loggers wrote in January 2022; the folder is gone with the test."""
    folder = tmp_path / "january"
    folder.mkdir()
    for name in ("Ref_AirTemp.csv", "Temp_4ch_1.csv"):
        header, *rows = (real_data("tunnel-1") / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / name).write_text("".join([header, *(row for row in rows if "/01/2022 " in row)]), encoding="utf-8")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving_in_a_thread() as receiver:
        yield receiver


@pytest.fixture
def server(tmp_path: Path, receiver: Receiver) -> Iterator[Server]:
    targets = {"panel": {"webhook": receiver.url, "secret": SECRET}}
    server = Server(tmp_path / "fresh", GLASSHOUSE_NOTIFY=json.dumps(targets))
    server.start()
    yield server
    server.stop()


def read_in(folder: Path, data: Path) -> None:
    glasshouse("import", str(folder), "--mapping", str(MAPPINGS / "tunnel-1.toml"), "--data", str(data), "--json")


def signed(got: Got) -> Any:
    """What it says, once its signature is checked."""
    signature = hmac.new(SECRET.encode(), f"{got.headers['x-glasshouse-timestamp']}.".encode() + got.body, hashlib.sha256)
    assert got.headers["x-glasshouse-signature"] == f"v1={signature.hexdigest()}"
    return json.loads(got.body)


def frosts(folder: Path) -> dict[str, int]:
    """How often a column goes below zero, by the plain text of its file."""
    found = {}
    for file in folder.glob("*.csv"):
        header, *rows = csv.reader(file.read_text(encoding="utf-8").splitlines())
        columns = [number for number, name in enumerate(header) if "Temperature" in name]
        values = [[float(row[number]) for row in rows if row[number] not in {"", "NaN"}] for number in columns]
        found[file.stem] = sum(now < 0 <= before for column in values for before, now in pairwise([0.0, *column]))
    return found


def save_on(form: Locator) -> None:
    """The rule, as somebody fills in the form."""
    form.get_by_label("Id", exact=True).fill("frost")
    form.get_by_label(re.compile("^Below")).fill("0")
    for label in (re.compile("^Back inside by"), re.compile("^For so many minutes")):
        form.get_by_label(label).fill("0")
    form.get_by_label("History that is imported counts, too").check()
    form.get_by_role("button", name="Save").click()


def is_traced(server: Server, alert_id: str, folder: Path) -> None:
    """From the rule to who acknowledged it, over the API and on the command line."""
    entries = server.ask(TRACE, id=alert_id)["trace"]["entries"]
    assert [entry["type"] for entry in entries] == WHOLE
    assert entries[2]["causationId"] == entries[1]["eventId"]
    shown = glasshouse("trace", alert_id, "--data", str(folder), "--key", server.key, "--json")
    assert [entry["type"] for entry in json.loads(shown)["entries"]] == WHOLE


def shows_that_it_was_over(view: Locator, alert_id: str) -> None:
    """As somebody looks up who was told."""
    view.get_by_role("button", name="Over").click()
    alert = view.locator(f"[data-alert='{alert_id}']")
    alert.get_by_role("button", name="Why, and the readings behind").click()
    expect(alert).to_contain_text("that it was and is over")


def told_to(recipient: str, receiver: Receiver) -> list[Any]:
    return [message for message in map(signed, list(receiver.got)) if message["recipientId"] == recipient]


def place(alert: dict[str, Any], end: str) -> tuple[str, ...]:
    return alert["deviceId"], alert["sensorId"], alert["since"], alert[end] or ""


def test_a_frost_rule_from_the_back_test_to_the_trace_of_what_it_raised(
    tmp_path: Path, january: Path, page: Page, server: Server, receiver: Receiver
) -> None:
    rule = tmp_path / "frost.json"
    rule.write_text(json.dumps(FROST))
    read_in(january, tmp_path / "old")
    told = json.loads(glasshouse("backtest", str(rule), *ASKED, "--data", str(tmp_path / "old")))
    assert {each["deviceId"]: each["alerts"] for each in told["devices"]} == frosts(january)

    defined = server.ask(DEFINE)
    assert [each["__typename"] for each in defined.values()] == ["DefineRecipientSuccess"] * 2
    open_built(page, server)
    save_on(opened(page, "#/rules/new"))
    expected = {"evaluateBackfill": True, "condition": {"below": 0, "hysteresis": 0}, "for": "PT0S"}
    server.until(RULE, lambda found: found["alertRule"] == expected)
    read_in(january, tmp_path / "fresh")
    server.until(ALERTS, lambda found: len(found["alerts"]["nodes"]) == told["total"], seconds=60)
    alerts = server.ask(ALERTS)["alerts"]["nodes"]
    assert all(alert["backfilled"] for alert in alerts)
    assert sorted(place(alert, "overSince") for alert in alerts) == sorted(place(one, "ended") for one in told["alerts"])

    [reference] = [alert for alert in alerts if alert["deviceId"] == "Ref_AirTemp"]
    until(lambda: told_to("ada", receiver))
    [message] = told_to("ada", receiver)
    assert (message["alertId"], message["state"], message["backfilled"]) == (reference["id"], "raised", True)
    assert (message["since"], message["value"]) == ("2022-01-06T20:00:00Z", -2.3)

    alert = opened(page, "#/alerts").locator(f"[data-alert='{reference['id']}']")
    alert.get_by_label("Note").fill("the heater was off")
    alert.get_by_role("button", name="Acknowledge").click()
    expect(alert).to_contain_text("the heater was off")

    is_traced(server, reference["id"], tmp_path / "fresh")
    alert.get_by_role("button", name="Why, and the readings behind").click()
    expect(alert.locator(".trace")).to_contain_text(re.compile("The alert is acknowledged by .*: the heater was off"))

    probe = [alert for alert in alerts if PROBE.items() <= alert.items()]
    until(lambda: len(told_to("ben", receiver)) >= len(probe))
    past = [(each["state"], *place({**PROBE, **each}, "until")) for each in told_to("ben", receiver)]
    assert sorted(past) == sorted(("past", *place(alert, "overSince")) for alert in probe)
    shows_that_it_was_over(opened(page, "#/alerts"), told_to("ben", receiver)[-1]["alertId"])

    server.kill()
    server.start()
    server.publish("glasshouse/tunnel-1/Ref_AirTemp/reading", [{"sensorId": "air", "reading": {"temperature": 4.0}}])
    until(lambda: signed(receiver.got[-1])["state"] == "cleared")
    assert [each["state"] for each in told_to("ada", receiver)] == ["raised", "cleared"]
    assert len(told_to("ben", receiver)) == len(probe)

    server.stop()
    shown = glasshouse("trace", reference["id"], "--data", str(tmp_path / "fresh"))
    assert "TemperatureAlert of Ref_AirTemp air since 2022-01-06T20:00:00Z" in " ".join(shown.split())
