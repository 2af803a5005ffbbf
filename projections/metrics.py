"""What read models tell Prometheus: lag, events, time spent, and state."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge

from projections.running_queries import ProjectionState


class ProjectionMetrics:
    """Labelled by projection; a rate is the counter's."""

    def __init__(self, registry: CollectorRegistry) -> None:
        label = ["projection"]
        self._lag = Gauge(
            "glasshouse_projection_lag_seconds", "Age of the oldest event not yet read.", label, registry=registry
        )
        self._events = Counter("glasshouse_projection_events", "Events read.", label, registry=registry)
        self._seconds = Counter("glasshouse_projection_apply_seconds", "Time spent taking in.", label, registry=registry)
        states = [state.value for state in ProjectionState]
        self._state = Enum("glasshouse_projection_state", "How it stands.", label, states=states, registry=registry)

    def watch(self, name: str, lag: Callable[[], float]) -> None:
        """Ask `lag` whenever somebody looks."""
        self._lag.labels(name).set_function(lag)

    def applied(self, name: str, events: int, seconds: float) -> None:
        self._events.labels(name).inc(events)
        self._seconds.labels(name).inc(seconds)

    def stands(self, name: str, state: ProjectionState) -> None:
        self._state.labels(name).state(state.value)
