"""What can be measured of notifications, by target: their names are few."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge


class NotificationMetrics:
    """In the registry given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sent = Counter("glasshouse_notifications_sent", "Taken by their target.", ["target"], registry=registry)
        self._failed = Counter("glasshouse_notifications_failed", "Attempts that failed.", ["target"], registry=registry)
        self._given_up = Counter("glasshouse_notifications_given_up", "Not tried again.", ["target"], registry=registry)
        self._waiting = Gauge("glasshouse_notifications_waiting", "Not taken yet.", ["target"], registry=registry)

    def watch(self, target: str, waiting: Callable[[], float]) -> None:
        """Ask `waiting` whenever somebody looks."""
        self._waiting.labels(target).set_function(waiting)

    def sent(self, target: str) -> None:
        self._sent.labels(target).inc()

    def failed(self, target: str) -> None:
        self._failed.labels(target).inc()

    def given_up(self, target: str) -> None:
        self._given_up.labels(target).inc()
