"""What may be asked about who was told of alerts, and the shape of the answers."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from schema.envelope import Position
from schema.notifications import NotificationRequested


class NotificationState(StrEnum):
    """What became of a notification so far."""

    REQUESTED = "requested"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class NotificationView(msgspec.Struct, frozen=True):
    """A word to one target of one recipient as the log has it; `position` is where it was asked for.

    `reason` is why the last attempt failed, or why there is none any more; `next_attempt_at` when there is another one.
    """

    request: NotificationRequested
    position: Position
    state: NotificationState = NotificationState.REQUESTED
    attempts: int = 0
    next_attempt_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None


class NotificationWish(msgspec.Struct, frozen=True, kw_only=True):
    """Which are asked for, newest first, between the positions `after` and `before`; with `backwards` the last."""

    alert_id: str | None = None
    state: NotificationState | None = None
    after: int | None = None
    before: int | None = None
    backwards: bool = False
    limit: int = 100


class NotificationQueries(Protocol):
    """Who was told of alerts. In memory."""

    def notification(self, notification_id: str) -> NotificationView | None: ...

    def notifications(self, wish: NotificationWish, sees: Callable[[str], bool]) -> list[NotificationView]:
        """At most `wish.limit`, of alerts about devices that are seen."""
        ...
