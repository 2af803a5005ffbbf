"""The reference of metrics names all that there are, and no others."""

import re

from prometheus_client import CollectorRegistry

from adapters.tracing.metrics import TracingMetrics
from api.audit_trail import count_left_out
from api.metrics import ApiMetrics
from glasshouse.holding import show_lease
from glasshouse.lease import Lease
from ingest.metrics import IngestMetrics
from projections.metrics import ProjectionMetrics
from reactors.metrics import ReactorMetrics
from reactors.notification_metrics import NotificationMetrics
from tests.support.documents import ROOT
from tests.support.memory_log import MemoryLog


def test_the_reference_names_every_metric_and_no_other() -> None:
    registry = CollectorRegistry()
    ApiMetrics(registry)
    count_left_out(registry)
    IngestMetrics(registry)
    ProjectionMetrics(registry)
    ReactorMetrics(registry)
    NotificationMetrics(registry)
    TracingMetrics(registry)
    show_lease(Lease(MemoryLog(), "project", "box", span_seconds=1), registry)
    text = (ROOT / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")
    assert set(re.findall(r"glasshouse_\w+", text)) == {metric.name for metric in registry.collect()}
