"""Alerts as they stood after each event of theirs: the same whoever asks, and whenever.

A read model knows how alerts stand now, and forgets those of long ago. Here each is folded from its own stream, once for all
who follow, and what was folded last is kept.
"""

from collections import OrderedDict
from enum import StrEnum
from typing import Final

import msgspec

from adapters.event_log.port import EventLog
from projections.alert_book import folded
from projections.alert_queries import AlertState, AlertView
from projections.feed_queries import FeedEvent
from projections.opening import unpacked
from schema.rules import AlertAcknowledged, AlertCleared, AlertRaised, AlertRefuted, AlertSilenced

_KEPT: Final = 4096
_PAGE: Final = 500


class AlertChange(StrEnum):
    """What an event says of an alert."""

    RAISED = "raised"
    REVISED = "revised"
    CLEARED = "cleared"
    REFUTED = "refuted"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"


class Change(msgspec.Struct, frozen=True):
    """What was said, and the alert as it stood after that."""

    what: AlertChange
    alert: AlertView


class AlertLives:
    """The changes of all alerts of a log."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._kept: OrderedDict[tuple[str, int], AlertView | None] = OrderedDict()

    async def change(self, fed: FeedEvent) -> Change | None:
        """What an event changed; None where it says nothing of an alert that was raised.

        LogUnavailableError where the log cannot be asked for what was before.
        """
        before = await self._before(fed)
        after = self._keep(fed, folded(before, fed))
        what = _what(fed, before)
        return None if after is None or what is None else Change(what, after)

    async def _before(self, fed: FeedEvent) -> AlertView | None:
        stream, revision = fed.recorded.stream, fed.recorded.revision
        if (stream, revision - 1) in self._kept:
            return self._kept[stream, revision - 1]
        view, start = None, 0
        while start < revision:
            earlier = await self._log.read_stream(stream, start=start, limit=min(_PAGE, revision - start))
            for recorded in earlier:
                view = folded(view, unpacked(recorded))
            if not earlier:
                break
            start = earlier[-1].revision + 1
        return view

    def _keep(self, fed: FeedEvent, view: AlertView | None) -> AlertView | None:
        self._kept[fed.recorded.stream, fed.recorded.revision] = view
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return view


def _what(fed: FeedEvent, before: AlertView | None) -> AlertChange | None:
    match fed.event:
        case AlertRaised():
            is_open = before is not None and before.state is AlertState.OPEN
            return AlertChange.REVISED if is_open else AlertChange.RAISED
        case AlertCleared():
            is_over = before is not None and before.state is AlertState.CLEARED
            return AlertChange.REVISED if is_over else AlertChange.CLEARED
        case AlertRefuted():
            return AlertChange.REFUTED
        case AlertAcknowledged():
            return AlertChange.ACKNOWLEDGED
        case AlertSilenced():
            return AlertChange.SILENCED
    return None
