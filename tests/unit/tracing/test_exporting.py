"""Spans on their way out: who hands them over waits for nothing, and what gets lost is counted."""

import threading
import time
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry

from adapters.tracing.exporting import Exporting
from adapters.tracing.identity import Place
from adapters.tracing.metrics import TracingMetrics
from adapters.tracing.port import Kind
from adapters.tracing.spans import Finished


def spans(count: int) -> list[Finished]:
    return [
        Finished(
            place=Place(1, number),
            name="x",
            kind=Kind.INTERNAL,
            parent=None,
            remote=False,
            began_ns=1,
            ended_ns=2,
            attributes={},
            links=(),
            error=None,
        )
        for number in range(count)
    ]


class Gate:
    """An exporter that answers once it is open, or given up."""

    def __init__(self, answer: str | None = None) -> None:
        self.answer = answer
        self.batches: list[int] = []
        self.open = threading.Event()
        self.entered = threading.Event()

    def export(self, some: Sequence[Finished]) -> str | None:
        self.entered.set()
        self.open.wait()
        self.batches.append(len(some))
        return self.answer

    def close(self) -> None:
        self.open.set()


class Counted:
    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.metrics = TracingMetrics(self._registry)

    @property
    def delivered(self) -> float | None:
        return self._registry.get_sample_value("glasshouse_tracing_spans_total")

    def dropped(self, reason: str) -> float | None:
        return self._registry.get_sample_value("glasshouse_tracing_dropped_total", {"reason": reason})


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_all_are_delivered_in_batches_the_last_ones_at_the_end() -> None:
    counted, gate = Counted(), Gate()
    gate.open.set()
    exporting = Exporting(gate, counted.metrics, batch=4, pause_seconds=600)
    exporting.take(spans(10))
    until(lambda: counted.delivered == 10)
    exporting.take(spans(1))
    exporting.close(20)
    assert (gate.batches, counted.delivered) == ([4, 4, 2, 1], 11)


def test_what_finds_no_room_while_the_collector_hangs_is_counted() -> None:
    counted, gate = Counted(), Gate()
    exporting = Exporting(gate, counted.metrics, room=8, batch=4, pause_seconds=600)
    exporting.take(spans(4))
    gate.entered.wait(20)
    exporting.take(spans(8))
    exporting.take(spans(3), 2)
    assert counted.dropped("no_room") == 5
    gate.open.set()
    until(lambda: counted.delivered == 12)
    exporting.close(20)


def test_the_end_waits_no_longer_than_it_is_told_and_counts_what_is_left() -> None:
    counted, gate = Counted(), Gate("too late")
    exporting = Exporting(gate, counted.metrics, batch=2, pause_seconds=600)
    exporting.take(spans(6))
    gate.entered.wait(20)
    exporting.close(0.05)
    exporting.take(spans(1))
    lost = (counted.dropped("no_room"), counted.dropped("not_delivered"))
    assert sum(count or 0 for count in lost) == 7
    assert counted.delivered == 0


def test_what_the_collector_does_not_take_is_counted_and_what_comes_later_gets_through() -> None:
    counted, gate = Counted(), Gate("it is away")
    gate.open.set()
    exporting = Exporting(gate, counted.metrics, batch=2, pause_seconds=0.01)
    exporting.take(spans(2))
    until(lambda: counted.dropped("not_delivered") == 2)
    gate.answer = None
    exporting.take(spans(3))
    exporting.close(20)
    assert counted.delivered == 3
