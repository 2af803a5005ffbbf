"""The example programs tell in a sentence what is missing, and go on after what passes."""

import http.client
import importlib.util
import io
import json
import runpy
import sys
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from types import ModuleType
from typing import Any

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


class Cut(io.BytesIO):
    """An answer that the network cuts in the middle of a chunk."""

    def __next__(self) -> bytes:
        if not (line := self.readline()):
            raise http.client.IncompleteRead(b"")
        return line


def event(result: dict[str, Any]) -> bytes:
    return f"event: next\ndata: {json.dumps(result)}\n\n".encode()


def measured(value: float) -> bytes:
    said = {"deviceId": "a", "value": value, "timestamp": "2026-06-01T00:00:00Z", "quality": "GOOD"}
    return event({"data": {"readings": {"__typename": "ReadingReceived", "cursor": f"at {value:g}", "reading": said}}})


def refused(code: str, **more: Any) -> bytes:
    return event({"errors": [{"message": code, "extensions": {"code": code, **more}}]})


def status(code: int) -> urllib.error.HTTPError:
    return urllib.error.HTTPError("http://house/graphql", code, "no", Message(), io.BytesIO(b"no"))


@pytest.fixture
def warn_when_hot(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("warn_when_hot", EXAMPLES / "warn_when_hot.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    return module


def test_a_warning_goes_on_from_its_cursor_after_all_that_passes_and_ends_with_what_does_not(
    warn_when_hot: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers: list[Any] = [
        status(503),
        Cut(measured(33)),
        status(429),
        io.BytesIO(measured(20) + refused("TOO_SLOW")),
        io.BytesIO(refused("LIMIT_EXCEEDED", retryAfter=1)),
        io.BytesIO(measured(34) + refused("UNAUTHENTICATED")),
    ]
    began: list[Any] = []

    def answer(request: urllib.request.Request, **_: Any) -> Any:
        assert isinstance(request.data, bytes)
        began.append(json.loads(request.data)["variables"]["after"])
        given = answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    watch = warn_when_hot.Watch(tmp_path / "seen.json", 30.0, 1.0)
    told = warn_when_hot.follow("http://house/graphql", "gh_a_b", None, watch)
    assert [next(told).partition(" at ")[0] for _ in range(3)] == [
        "a is too hot: 33 degC",
        "a has cooled down: 20 degC",
        "a is too hot: 34 degC",
    ]
    with pytest.raises(SystemExit, match="UNAUTHENTICATED"):
        next(told)
    assert began == [None, None, "at 33", "at 33", "at 20", "at 20"]
