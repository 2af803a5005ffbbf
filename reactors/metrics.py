"""What can be measured of reactors and of the commands that they deal with."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram

from schema.commands import CommandDispatched, CommandEnded
from schema.events import Event

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)


class ReactorState(StrEnum):
    """How a reactor stands."""

    STARTING = "starting"
    LIVE = "live"
    HALTED = "halted"


class ReactorMetrics:
    """The metrics of one engine, in the registry given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        states = [state.value for state in ReactorState]
        self._state = Enum("glasshouse_reactor_state", "How it stands.", ["reactor"], states=states, registry=registry)
        self._dispatched = Counter("glasshouse_commands_dispatched", "Commands that the broker took.", registry=registry)
        self._ended = Counter("glasshouse_commands_ended", "Commands that reactors ended.", ["outcome"], registry=registry)
        self._in_doubt = Gauge("glasshouse_commands_in_doubt", "Commands of which the broker said nothing.", registry=registry)
        self._published = Histogram(
            "glasshouse_commands_publish_seconds",
            "From the request of a command to its publish.",
            registry=registry,
            buckets=_SECONDS,
        )

    def watch_doubt(self, count: Callable[[], float]) -> None:
        """Ask `count` whenever somebody looks."""
        self._in_doubt.set_function(count)

    def stands(self, reactor: str, state: ReactorState) -> None:
        self._state.labels(reactor).state(state.value)

    def appended(self, event: Event) -> None:
        if isinstance(event, CommandDispatched):
            self._dispatched.inc()
        elif isinstance(event, CommandEnded):
            self._ended.labels(event.outcome.value).inc()

    def published(self, seconds: float) -> None:
        self._published.observe(seconds)
