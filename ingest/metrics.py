"""What can be measured of ingest. All is counted a batch at a time, so that a message costs nothing."""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
_EVENTS: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000)


class IngestMetrics:
    """Counters and histograms of one pipeline, in the registry given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
            return Counter(f"glasshouse_ingest_{name}", text, labels, registry=registry)

        self.messages = counter(
            "messages", "Messages dealt with: stored, found to be there, or kept as a dead letter.", ("source",)
        )
        self.ignored = counter("ignored", "Messages with nothing to keep: commands, receipts, what other dialects say besides.")
        self.acknowledged = counter("acknowledged", "Messages whose outcome is durable and was told to their source.")
        self.events = counter("events", "Events stored, dead letters not among them.")
        self.duplicates = counter("duplicates", "Events that the log already held.")
        self.dead_letters = counter("dead_letters", "Dead letters stored, by reason.", ("code",))
        self.unknown_metrics = counter(
            "unknown_metrics", "Names of metrics, new for their device, that the schema does not know."
        )
        self.conflicts = counter("conflicts", "Appends that found their stream written by somebody else.")
        self.lookups = counter("lookups", "Event ids for which the log had to be asked.")
        self.log_unavailable = counter("log_unavailable", "Batches that had to wait for the log.")
        self.receipts = counter("receipts", "Receipts handed to the broker.")
        self.receipts_refused = counter("receipts_refused", "Receipts not sent: the response topic is not allowed.")
        self.batch_events = Histogram(
            "glasshouse_ingest_batch_events", "Events a batch, duplicates among them.", registry=registry, buckets=_EVENTS
        )
        self.append_seconds = Histogram(
            "glasshouse_ingest_append_seconds", "Time until a batch was durable.", registry=registry, buckets=_SECONDS
        )
        self.latency_seconds = Histogram(
            "glasshouse_ingest_latency_seconds",
            "From received to durable, of the oldest message of each batch.",
            registry=registry,
            buckets=_SECONDS,
        )
        self._queued = Gauge("glasshouse_ingest_queued_bytes", "Bytes taken in and not yet durable.", registry=registry)

    def watch_queue(self, read: Callable[[], float]) -> None:
        """Where to read the queued bytes from when asked."""
        self._queued.set_function(read)
