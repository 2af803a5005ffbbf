"""What the API counts: operations, how long they take, subscribers, and messages sent to them."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Messages(Collector):
    """Messages sent to subscribers. There are so many that each only adds one to a number."""

    count = 0

    def collect(self) -> Iterable[Metric]:
        yield CounterMetricFamily("glasshouse_api_messages", "Messages sent to subscribers", value=self.count)


class ApiMetrics:
    """The metrics of one API, in the registry given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._operations = Counter(
            "glasshouse_api_operations",
            "GraphQL operations by kind and what became of them",
            ["kind", "result"],
            registry=registry,
        )
        self._seconds = Histogram(
            "glasshouse_api_operation_seconds",
            "Time from a request to its answer",
            ["kind"],
            registry=registry,
            buckets=_SECONDS,
        )
        self._counted, self._timed = cache(self._operations.labels), cache(self._seconds.labels)
        self.sockets = Gauge("glasshouse_api_sockets", "Open websockets", registry=registry)
        self.event_streams = Gauge("glasshouse_api_event_streams", "Open streams of server-sent events", registry=registry)
        self.subscribers = Gauge("glasshouse_api_subscribers", "Running subscriptions", registry=registry)
        self.messages = Messages()
        registry.register(self.messages)
        self._refused = Counter(
            "glasshouse_api_refused", "Requests refused before they ran, by code", ["code"], registry=registry
        )

    def answered(self, kind: str, *, failed: bool, seconds: float) -> None:
        self._counted(kind, "error" if failed else "ok").inc()
        self._timed(kind).observe(seconds)

    def refused(self, errors: Sequence[Mapping[str, Any]]) -> None:
        for error in errors:
            self._refused.labels(error["extensions"]["code"]).inc()
