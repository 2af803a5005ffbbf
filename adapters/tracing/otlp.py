"""OpenTelemetry's exporter: spans to a collector over OTLP/HTTP. It is slow to load, so only who wants spans does.

Headers, certificates, compression and the time that an attempt may take are its own to read, from `OTEL_EXPORTER_OTLP_*`; what
the process is called, and where it runs, from `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from adapters.tracing.identity import Place
from adapters.tracing.port import Kind
from adapters.tracing.spans import Finished

_PATH: Final = "/v1/traces"
_SCOPE: Final = InstrumentationScope("glasshouse")
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_KINDS: Final = {kind: SpanKind[kind.name] for kind in Kind}


class OtlpExporter:
    """Implements `Exporter`. `url` is the collector's, as in http://host:4318; `resource` says what process this is."""

    def __init__(self, url: str, resource: Mapping[str, str]) -> None:
        """ValueError where a variable of its own is not right."""
        self._url = url.rstrip("/") + _PATH
        self._words = _Words()
        logger = logging.getLogger("opentelemetry")
        logger.handlers, logger.propagate = [self._words], False
        self._exporter = OTLPSpanExporter(self._url)
        named = Resource.create()
        if self._words.said:
            raise ValueError(self._words.said[0].msg)  # without what it was given, which may be a token
        unnamed = str(named.attributes["service.name"]).startswith("unknown_service")
        self._resource = named.merge(Resource({**resource, **({"service.name": "glasshouse"} if unnamed else {})}))

    def export(self, spans: Sequence[Finished]) -> str | None:
        self._words.said.clear()
        if self._exporter.export([self._readable(span) for span in spans]) is SpanExportResult.SUCCESS:
            return None
        said = self._words.said
        return f"the collector at {self._url} did not take them: {said[0].getMessage() if said else 'no reason was given'}"

    def close(self) -> None:
        self._exporter.shutdown()

    def _readable(self, span: Finished) -> ReadableSpan:
        return ReadableSpan(
            name=span.name,
            context=_context(span.place),
            parent=None if span.parent is None else _context(span.parent, remote=span.remote),
            resource=self._resource,
            attributes=span.attributes,
            links=[Link(_context(place, remote=True)) for place in span.links],
            kind=_KINDS[span.kind],
            status=Status() if span.error is None else Status(StatusCode.ERROR, span.error),
            start_time=span.began_ns,
            end_time=span.ended_ns,
            instrumentation_scope=_SCOPE,
        )


def _context(place: Place, *, remote: bool = False) -> SpanContext:
    return SpanContext(place.trace, place.span, is_remote=remote, trace_flags=_SAMPLED)


class _Words(logging.Handler):
    """What OpenTelemetry has to complain of, which it says to its log alone, and for every batch again."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record)
