"""What a connection subscribes to while it is open, beside what it began with.

Asked for one packet at a time: each takes a packet id, of which a broker may grant few.
"""

from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import Final

import structlog

REFUSED: Final = 128
"""Reason codes from here on are refusals."""
_TOPICS_A_PACKET: Final = 100


class Subscriptions:
    """The subscriptions of one connection that may change. A topic that the broker refuses is reported, and no more."""

    def __init__(self, subscribe: Callable[[Sequence[str]], None], unsubscribe: Callable[[Sequence[str]], None]) -> None:
        self._subscribe = subscribe
        self._unsubscribe = unsubscribe
        self._waiting: dict[str, None] = {}
        self._asked: Sequence[str] = ()
        self._dropped: set[str] = set()

    def add(self, topics: Collection[str]) -> None:
        """Hear these."""
        self._dropped.difference_update(topics)
        self._waiting |= dict.fromkeys(sorted(topics))
        self._go_on()

    def drop(self, topics: Collection[str]) -> None:
        """Hear these no longer. Asked once: iotcore gives no answer where an earlier connection had subscribed."""
        for topic in topics:
            self._waiting.pop(topic, None)
        names = sorted(set(topics) - self._dropped)
        self._dropped.update(names)
        for start in range(0, len(names), _TOPICS_A_PACKET):
            self._unsubscribe(names[start : start + _TOPICS_A_PACKET])

    def answered(self, reasons: Sequence[int]) -> None:
        """The broker's answer to a subscription."""
        refused = [topic for topic, reason in zip(self._asked, reasons, strict=False) if reason >= REFUSED]
        if refused:
            structlog.get_logger().warning("mqtt_subscription_refused", topics=refused)
        self._asked = ()
        self._go_on()

    def _go_on(self) -> None:
        if self._asked or not self._waiting:
            return
        self._asked = list(islice(self._waiting, _TOPICS_A_PACKET))
        for topic in self._asked:
            del self._waiting[topic]
        self._subscribe(self._asked)
