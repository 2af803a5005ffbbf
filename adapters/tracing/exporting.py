"""Spans on their way out: a bounded queue and a thread of its own, so that a collector that is away or hangs delays nobody."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

import structlog

from adapters.tracing.metrics import TracingMetrics
from adapters.tracing.spans import Finished

_ROOM: Final = 8_192
_BATCH: Final = 512
_GRACE_SECONDS: Final = 0.2
"""For an export that was told to give up."""


class Exporter(Protocol):
    """How spans are handed to a collector. Called in one thread, and may block it."""

    def export(self, spans: Sequence[Finished]) -> str | None:
        """Why the collector does not have them; None where it has."""
        ...

    def close(self) -> None:
        """Give up waiting, also in an `export` under way."""
        ...


class Exporting:
    """Takes spans at any time, and hands them on. What finds no room, or is not taken, is counted and forgotten."""

    def __init__(
        self,
        exporter: Exporter,
        metrics: TracingMetrics,
        *,
        room: int = _ROOM,
        batch: int = _BATCH,
        pause_seconds: float = 1.0,
    ) -> None:
        self._exporter = exporter
        self._metrics = metrics
        self._room = room
        self._batch = batch
        self._pause_seconds = pause_seconds
        self._waiting: deque[Finished] = deque()
        self._wake = threading.Event()
        self._closing = self._given_up = False
        self._reason: str | None = None
        # A daemon: not even a collector that answers a byte a minute keeps the process from its end.
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def take(self, spans: Sequence[Finished], left_out: int = 0) -> None:
        """Queue them, if there is room. Waits for nothing."""
        lost = left_out
        if self._closing or len(self._waiting) + len(spans) > self._room:
            lost += len(spans)
        else:
            self._waiting.extend(spans)
        if lost:
            self._metrics.no_room(lost)
        if len(self._waiting) >= self._batch and not self._wake.is_set():
            self._wake.set()

    def close(self, seconds: float) -> None:
        """Hand on what is queued, for so long at most. Blocks."""
        self._closing = True
        self._wake.set()
        self._thread.join(seconds)
        self._given_up = True
        self._exporter.close()
        self._thread.join(_GRACE_SECONDS)
        self._metrics.no_room(len(self._waiting))

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait(self._pause_seconds)
            self._wake.clear()
            self._export_all()
        self._export_all()

    def _export_all(self) -> None:
        while self._waiting and not self._given_up:
            some = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
            self._tell(reason := self._exporter.export(some))
            if reason is None:
                self._metrics.delivered(len(some))
            else:
                self._metrics.not_delivered(len(some))

    def _tell(self, reason: str | None) -> None:
        """Once when it begins to fail, and once when it works again."""
        if (reason is None) == (self._reason is None):
            return
        self._reason = reason
        if reason is None:
            structlog.get_logger().info("spans_delivered_again")
        else:
            structlog.get_logger().warning("spans_not_delivered", reason=reason)
