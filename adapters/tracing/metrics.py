"""What can be measured of tracing: spans that the collector has, and those that it has not, by why."""

from prometheus_client import CollectorRegistry, Counter


class TracingMetrics:
    """In the registry given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._delivered = Counter("glasshouse_tracing_spans", "Spans that the collector took.", registry=registry)
        dropped = Counter("glasshouse_tracing_dropped", "Spans that it did not get, by why.", ("reason",), registry=registry)
        self._no_room, self._not_delivered = dropped.labels("no_room"), dropped.labels("not_delivered")

    def delivered(self, spans: int) -> None:
        self._delivered.inc(spans)

    def no_room(self, spans: int) -> None:
        """The queue was full, or there was no time left at the end."""
        self._no_room.inc(spans)

    def not_delivered(self, spans: int) -> None:
        """The collector was away, or refused them."""
        self._not_delivered.inc(spans)
