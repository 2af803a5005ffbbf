"""What the API counts: operations, how long they take, subscribers, and messages sent to them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


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
        self.sockets = Gauge("glasshouse_api_sockets", "Open websockets", registry=registry)
        self.subscribers = Gauge("glasshouse_api_subscribers", "Running subscriptions", registry=registry)
        self.messages = Counter("glasshouse_api_messages", "Messages sent to subscribers", registry=registry)
        self._refused = Counter(
            "glasshouse_api_refused", "Requests refused before they ran, by code", ["code"], registry=registry
        )

    def answered(self, kind: str, *, failed: bool, seconds: float) -> None:
        self._operations.labels(kind, "error" if failed else "ok").inc()
        self._seconds.labels(kind).observe(seconds)

    def refused(self, errors: Sequence[Mapping[str, Any]]) -> None:
        for error in errors:
            self._refused.labels(error["extensions"]["code"]).inc()
