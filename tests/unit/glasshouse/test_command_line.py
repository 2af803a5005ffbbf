"""What the command line says of itself, and of what went wrong."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.history.retention.report import Failure, Report
from glasshouse.cli.app import app
from glasshouse.cli.demo import summarise
from glasshouse.cli.retain import as_text
from glasshouse.doctor import examine
from glasshouse.errors import SettingsError
from glasshouse.oracle.report import AuditReport, Latency
from glasshouse.settings import Settings, load_settings


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.mark.parametrize("shown", ["[default: data]", "[default: 127.0.0.1:8080]", "mqtt[s]://"])
def test_help_shows_what_stands_in_brackets(shown: str) -> None:
    assert shown in printed("up", "-h")


def test_every_command_says_in_one_line_what_it_is_for() -> None:
    text = printed("--help")
    assert "..." not in text.replace("[ARGS]...", "")


def test_the_version_is_told() -> None:
    assert printed("--version").count(".") == 2


def test_a_judgement_names_all_that_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    summarise(AuditReport(latency_ms=Latency(), invented=2, misjudged=3, diverged=["latest"]))
    told = capsys.readouterr().err
    assert "2 invented, 3 misjudged, latest is not what a rebuild makes of the log" in told


def test_a_run_of_retention_does_not_say_that_nothing_is_due_where_a_day_could_not_be_moved() -> None:
    nothing = "no day of raw readings is past its limit"
    assert as_text(Report(dry_run=False)) == nothing
    failed = as_text(Report(dry_run=False, failures=[Failure("2026-07-02", "the disk is full")]))
    assert failed == "2026-07-02 could not be archived and stays as it is: the disk is full"
    changed = as_text(Report(dry_run=False, changed=["2026-07-02"]))
    assert nothing not in changed
    assert "2026-07-02" in changed


def test_a_setting_that_is_not_right_is_named_with_what_it_may_be() -> None:
    with pytest.raises(SettingsError, match=r"^log_level is one of debug, info, warning, error$"):
        load_settings({"log_level": "loud"}, environment={})
    with pytest.raises(SettingsError, match=r"^data is not right: Expected `str`, got `int`$"):
        load_settings({"data": 3}, environment={})
    with pytest.raises(SettingsError, match=r"127\.0\.0\.1:1883, or mqtt"):
        _ = Settings(mqtt="nonsense").embedded_broker


async def test_doctor_looks_and_makes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    findings = await examine(Settings(data=str(folder), http="127.0.0.1:0"))
    assert all(finding.ok for finding in findings)
    assert not folder.exists()


@pytest.mark.usefixtures("logs_as_before")
@pytest.mark.parametrize(
    ("arguments", "given", "says"),
    [
        (["letters", "repair", "x", "--payload", "none.json"], b"", "none.json cannot be read: No such file"),
        (["letters", "repair", "x", "--payload", "-"], b'{"a": "\xff"}', "must be UTF-8, and byte 7 is not"),
        (["letters", "repair", "x", "--payload", "file"], b"\xff", "must be UTF-8, and byte 0 is not"),
        (["backtest", "file", "--from", "2026-06-01T00:00:00Z"], b'{"a":' * 100_000, "must be a JSON object"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_no_trace_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], given: bytes, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(given)
    result = CliRunner().invoke(app, arguments, input=given)
    assert isinstance(result.exception, SettingsError)
    assert says in str(result.exception)
