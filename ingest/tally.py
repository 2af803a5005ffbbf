"""Counting a batch once it is durable."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from ingest.items import Entry
from ingest.messages import Result
from ingest.metrics import IngestMetrics


def count_batch(metrics: IngestMetrics, batch: Sequence[Entry], seconds: float, now: datetime) -> None:
    """Add a batch that took `seconds` to be made durable, and is so `now`, to the metrics."""
    results: Counter[tuple[Result | None, str | None]] = Counter()
    sources: Counter[str] = Counter()
    for entry in batch:
        sources[entry.items[0].message.source] += 1
        for item in entry.items:
            results[item.result, item.code] += 1
    for source, count in sources.items():
        metrics.messages.labels(source).inc(count)
    for (result, code), count in results.items():
        if result is Result.DUPLICATE:
            metrics.duplicates.inc(count)
        elif code is None:
            metrics.events.inc(count)
        else:
            metrics.dead_letters.labels(code).inc(count)
    metrics.acknowledged.inc(len(batch))
    metrics.batch_events.observe(sum(results.values()))
    metrics.append_seconds.observe(seconds)
    oldest = batch[0].items[0].message
    if oldest.causation is None:  # a dead letter that is sent again came long ago
        metrics.latency_seconds.observe(max(0.0, (now - oldest.received_at).total_seconds()))
