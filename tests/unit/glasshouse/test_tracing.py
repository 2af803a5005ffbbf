"""Tracing as the settings want it: nothing where nobody wants it, and plain words where it cannot be had."""

import sys
import tomllib

import pytest
from prometheus_client import CollectorRegistry

from adapters.tracing.log import TracedLog
from glasshouse.errors import SettingsError
from glasshouse.settings import Settings, load_settings
from glasshouse.tracing import traced, tracing
from tests.support.documents import ROOT, blocks
from tests.support.memory_log import MemoryLog

WANTED = Settings(otlp="http://127.0.0.1:9")


async def test_without_a_collector_nothing_is_in_the_way_of_anything() -> None:
    log = MemoryLog()
    async with tracing(Settings(), "up", CollectorRegistry()) as tracer:
        assert not tracer.on
        assert traced(log, tracer) is log


async def test_with_a_collector_the_log_tells_what_is_asked_of_it() -> None:
    async with tracing(WANTED, "up", CollectorRegistry()) as tracer:
        assert isinstance(traced(MemoryLog(), tracer), TracedLog)


async def test_an_exporter_that_cannot_be_loaded_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adapters.tracing.otlp", None)
    with pytest.raises(SettingsError, match="opentelemetry-exporter-otlp-proto-http"):
        async with tracing(WANTED, "up", CollectorRegistry()):
            pass


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("OTLP_HEADERS", "Header"), ("OTLP_COMPRESSION", "compression"), ("OTLP_TIMEOUT", "timeout")],
)
async def test_a_variable_of_the_exporter_that_is_not_right_is_a_wrong_setting_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, complaint: str, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(f"OTEL_EXPORTER_{name}", "hush")
    with pytest.raises(SettingsError, match=complaint) as refused:
        async with tracing(WANTED, "up", CollectorRegistry()):
            pass
    assert "hush" not in str(refused.value) + caplog.text


def test_the_settings_that_the_guide_shows_are_settings() -> None:
    [shown] = blocks(ROOT / "docs/how-to/tracing.md", "toml")
    settings = load_settings(tomllib.loads(shown), environment={})
    assert (settings.otlp, settings.otlp_ratio) == ("http://127.0.0.1:4318", Settings().otlp_ratio)
