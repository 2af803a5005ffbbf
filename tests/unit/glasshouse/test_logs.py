"""What a log says of an exception: where it came from as text, and nothing of what stood in variables."""

import io
import logging
import sys
from collections.abc import Callable
from typing import TypeAlias

import msgspec
import pytest
import structlog

from glasshouse.logs import configure_logs

pytestmark = pytest.mark.usefixtures("logs_as_before")
Say: TypeAlias = Callable[[Exception], None]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def broken(key: str) -> None:
    raise ValueError(f"broken after {len(key)} characters")


def ours(error: Exception) -> None:
    structlog.get_logger().error("failed", exc_info=error)


def of_the_standard_library(error: Exception) -> None:
    logging.getLogger("uvicorn.error").error("failed", exc_info=error)


def logged(stderr: io.StringIO, say: Say, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is written where a function with a secret in its variables raises."""
    monkeypatch.setattr(sys, "stderr", stderr)
    configure_logs("info")
    secret = "gh_secret"
    try:
        broken(key=secret)
    except ValueError as error:
        say(error)
    written = stderr.getvalue()
    assert secret not in written
    return written


@pytest.mark.parametrize("say", [ours, of_the_standard_library])
def test_on_a_terminal_a_traceback_shows_no_variables(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    written = logged(Terminal(), say, monkeypatch)
    assert "Traceback (most recent call last)" in written
    assert "ValueError: broken after 9 characters" in written


@pytest.mark.parametrize("say", [ours, of_the_standard_library])
def test_elsewhere_a_traceback_is_text_in_a_line_of_json(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    [line] = logged(io.StringIO(), say, monkeypatch).splitlines()
    told = msgspec.json.decode(line)
    assert told["exception"].startswith("Traceback (most recent call last)")
    assert told["exception"].endswith("ValueError: broken after 9 characters")
