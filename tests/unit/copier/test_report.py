"""What the report of a copy tells people, scripts, and the shell."""

import json

import msgspec
import pytest
from typer.testing import CliRunner

from glasshouse.cli import copy_log
from glasshouse.cli.app import app
from glasshouse.copier.places import Place
from glasshouse.copier.render import as_json, as_text
from glasshouse.copier.report import CopyReport, Renumbered, Side, StreamReport
from glasshouse.copier.verify import Difference
from glasshouse.settings import Settings

WELL = CopyReport(
    source=Side("esdb://host:2113", "old", 900),
    target=Side("sqlite:///new.db", "new", 12),
    events=12,
    already_there=2,
    copied=10,
    let_go=0,
    beyond=0,
    came_since=0,
    hash="00ff",
    streams={"device-a": StreamReport(12, "abcd")},
    renumbered=[],
    differences=[],
    seconds=2.0,
)
ILL = msgspec.structs.replace(WELL, differences=[Difference("device-a", 7, "another data")])


def test_people_are_told_the_counts_the_verdict_and_what_changes() -> None:
    told = as_text(WELL)
    assert "12 events in 1 streams: 2 were there already, 10 copied in 2.0 s, 5 events/s" in told
    assert "Verified" in told
    assert "cursors of the old log are refused" in told
    assert "gone on" not in told
    assert "run it again" not in told


def test_what_is_out_of_the_ordinary_is_told() -> None:
    changed = msgspec.structs.replace(WELL, let_go=5, beyond=3, came_since=4, renumbered=[Renumbered("device-a", 2, 9)])
    told = as_text(changed)
    assert "keeps 5 events that the source has let go of" in told
    assert "gone on by itself: 3 events" in told
    assert "The source got 4 more" in told
    assert "device-a: its last event has revision 2, and 9 in the source" in told


def test_a_copy_that_differs_is_not_called_verified() -> None:
    told = as_text(ILL)
    assert "device-a revision 7: another data" in told
    assert "Verified" not in told
    assert "may be more" not in told
    assert "may be more" in as_text(msgspec.structs.replace(ILL, differences=ILL.differences * 100))


def test_scripts_get_names_in_camel_case_and_the_verdict() -> None:
    told = json.loads(as_json(WELL))
    assert (told["alreadyThere"], told["source"]["logId"], told["verified"]) == (2, "old", True)
    assert json.loads(as_json(ILL))["verified"] is False


@pytest.mark.parametrize(("report", "code"), [(WELL, 0), (ILL, 1)])
def test_a_copy_that_differs_ends_with_1(monkeypatch: pytest.MonkeyPatch, report: CopyReport, code: int) -> None:
    async def copy(source: Place, target: Place, *, quiet: bool) -> CopyReport:
        assert (source.url, target.url, quiet) == ("sqlite:///a/events.db", "sqlite:///b.db", True)
        return report

    monkeypatch.setattr(copy_log, "settings_from", lambda *_, **__: Settings())  # and logs stay as they are
    monkeypatch.setattr(copy_log, "_copy", copy)
    result = CliRunner().invoke(app, ["copy-log", "a", "sqlite:///b.db", "--json"])
    assert (result.exit_code, json.loads(result.stdout)["events"]) == (code, 12)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("esdb://admin:p%40ss@a:2113,b:2113?Tls=false", "esdb://a:2113,b:2113"),
        ("esdb://admin:what?and/ever@a:2113", "esdb://a:2113"),
        ("sqlite:////abs/events.db", "sqlite:////abs/events.db"),
    ],
)
def test_an_address_is_told_without_its_secrets(url: str, told: str) -> None:
    assert Place.parse(url).address == told
