"""Tracing as the settings want it: spans to a collector, or none at all, and then OpenTelemetry is not even loaded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.tracing.exporting import Exporting
from adapters.tracing.identity import Share
from adapters.tracing.log import TracedLog
from adapters.tracing.metrics import TracingMetrics
from adapters.tracing.port import OFF, Tracer
from adapters.tracing.recorder import Recorder
from glasshouse.errors import SettingsError
from glasshouse.settings import Settings

if TYPE_CHECKING:
    from adapters.tracing.otlp import OtlpExporter

_LAST_SECONDS: Final = 3.0
"""How long the end may wait for the collector."""


@asynccontextmanager
async def tracing(settings: Settings, role: str, registry: CollectorRegistry) -> AsyncIterator[Tracer]:
    """The tracer of a process; SettingsError where spans are wanted and cannot be sent. The end sends what is left."""
    metrics = TracingMetrics(registry)
    if settings.otlp is None:
        yield OFF
        return
    exporting = Exporting(_exporter(settings.otlp, role), metrics)
    try:
        yield Recorder(Share(settings.otlp_ratio), exporting.take)
    finally:
        await asyncio.to_thread(exporting.close, _LAST_SECONDS)


def traced(log: EventLog, tracer: Tracer) -> EventLog:
    """The log, telling the tracer of what is asked of it."""
    return TracedLog(log, tracer) if tracer.on else log


def _exporter(url: str, role: str) -> "OtlpExporter":
    try:
        from adapters.tracing.otlp import OtlpExporter  # noqa: PLC0415  # slow to load, and wanted by few
    except ImportError as error:
        raise SettingsError(
            f"otlp asks for tracing, and OpenTelemetry's exporter cannot be loaded ({error}): "
            "install opentelemetry-exporter-otlp-proto-http, or leave otlp out"
        ) from error
    about = {"service.version": version("glasshouse"), "glasshouse.role": role}
    try:
        return OtlpExporter(url, about)
    except (ValueError, OSError) as error:
        raise SettingsError(f"otlp: OpenTelemetry's exporter does not take its settings, OTEL_*: {error}") from error
