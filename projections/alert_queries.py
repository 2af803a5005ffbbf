"""What may be asked about alerts, and the shape of the answers."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from schema.envelope import Position
from schema.rules import AlertRaised, AlertSeverity

MOST: Final = 20_000
"""Alerts that are remembered, or a twentieth more; beyond, those go first that are over, and then the oldest."""


class AlertState(StrEnum):
    """How an alert stands."""

    OPEN = "open"
    CLEARED = "cleared"
    REFUTED = "refuted"


class AlertView(msgspec.Struct, frozen=True):
    """An alert as the log has it. `raised` is what was said last of its beginning, `position` where it was said first.

    `over_since` is since when its rule is kept again, `ended_at` when that, or that it was none, was said.
    """

    raised: AlertRaised
    position: Position
    raised_at: datetime
    state: AlertState = AlertState.OPEN
    over_since: datetime | None = None
    ended_at: datetime | None = None
    refuted_because: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    note: str | None = None
    silenced_until: datetime | None = None

    @property
    def over(self) -> datetime | None:
        """Until when its rule was broken, as far as that is known; None: it still is."""
        return self.over_since or self.ended_at


class AlertWish(msgspec.Struct, frozen=True, kw_only=True):
    """Which alerts are asked for, newest first, between the positions `after` and `before`; with `backwards` the last."""

    state: AlertState | None = None
    rule: str | None = None
    device: str | None = None
    severity: AlertSeverity | None = None
    after: int | None = None
    before: int | None = None
    backwards: bool = False
    limit: int = 100


class AlertQueries(Protocol):
    """Alerts. In memory."""

    def alert(self, alert_id: str) -> AlertView | None: ...

    def alerts(self, wish: AlertWish, sees: Callable[[str], bool]) -> list[AlertView]:
        """At most `wish.limit`, of the devices that are seen."""
        ...
