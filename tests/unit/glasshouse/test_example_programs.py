"""The example programs tell in a sentence what is missing."""

import runpy
import sys

import pytest

from tests.support.documents import ROOT

EXAMPLES = ROOT / "docs" / "examples"
PROGRAMS = {
    "keep_in_range.py": ["--keep", "temperature 18 26 vent 0 100"],
    "thousand_commands.py": [],
    "warn_when_hot.py": ["--limit", "30", "--command", "true"],
}


def said(name: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """The last thing that the program says, which ends in vain."""
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    return capsys.readouterr().err or str(ended.value)


@pytest.mark.parametrize("name", PROGRAMS)
def test_without_a_key_a_program_says_where_it_belongs(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GLASSHOUSE_KEY", raising=False)
    assert "put an API key into the variable GLASSHOUSE_KEY" in said(name, PROGRAMS[name], monkeypatch, capsys)


def test_a_rule_that_cannot_be_read_is_told_with_the_form_of_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    message = said("keep_in_range.py", ["--keep", "temperature 18 vent"], monkeypatch, capsys)
    assert "'temperature 18 vent' is not of the form METRIC LOW HIGH ACTUATOR BELOW ABOVE" in message


def test_a_house_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GLASSHOUSE_KEY", "gh_a_b")
    message = said("thousand_commands.py", ["--url", "http://127.0.0.1:1/graphql"], monkeypatch, capsys)
    assert message.startswith("http://127.0.0.1:1/graphql does not answer: ")
