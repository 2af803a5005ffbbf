"""Who was told of alerts, event by event: what is still to be sent, and the last of what was."""

from collections.abc import Callable, Iterable, Reversible
from typing import Final

from msgspec.structs import replace

from domain.forgetting import surplus
from projections.feed_queries import FeedEvent
from projections.notification_queries import NotificationState, NotificationView, NotificationWish
from schema.notifications import (
    NotificationFailed,
    NotificationGivenUp,
    NotificationRequested,
    NotificationSent,
    NotificationStep,
)

MOST: Final = 20_000
"""Notifications that are remembered, or a twentieth more; beyond, those go first that are sent or given up, then the oldest."""


class NotificationBook:
    """By id, in the order in which they were asked for."""

    def __init__(self, views: Iterable[NotificationView] = ()) -> None:
        self._views: dict[str, NotificationView] = {}
        self._of_alerts: dict[str, list[str]] = {}
        for view in views:
            self._add(view)

    def take(self, fed: FeedEvent) -> None:
        """Fold one event in."""
        event = fed.event
        if isinstance(event, NotificationRequested):
            self._add(NotificationView(event, fed.recorded.position))
            self._forget()
        elif isinstance(event, NotificationStep) and (known := self._views.get(event.notification_id)) is not None:
            self._views[event.notification_id] = _after(known, event)

    def notification(self, notification_id: str) -> NotificationView | None:
        return self._views.get(notification_id)

    def notifications(self, wish: NotificationWish, sees: Callable[[str], bool]) -> list[NotificationView]:
        found: list[NotificationView] = []
        views = self._candidates(wish.alert_id)
        for view in views if wish.backwards else reversed(views):
            if len(found) == wish.limit:
                break
            if _is_wanted(view, wish) and sees(view.request.device_id):
                found.append(view)
        return found[::-1] if wish.backwards else found

    def views(self) -> Iterable[NotificationView]:
        """In the order in which they were asked for."""
        return self._views.values()

    def _candidates(self, alert_id: str | None) -> Reversible[NotificationView]:
        if alert_id is None:
            return self._views.values()
        return [self._views[name] for name in self._of_alerts.get(alert_id, ())]

    def _add(self, view: NotificationView) -> None:
        name = view.request.notification_id
        if name not in self._views:
            self._of_alerts.setdefault(view.request.alert_id, []).append(name)
        self._views[name] = view

    def _forget(self) -> None:
        for name in surplus(self._views, MOST, lambda view: view.ended_at is not None):
            gone = self._views.pop(name)
            left = self._of_alerts[gone.request.alert_id]
            left.remove(name)
            if not left:
                del self._of_alerts[gone.request.alert_id]


def _after(view: NotificationView, step: NotificationStep) -> NotificationView:
    match step:
        case NotificationFailed():
            state = NotificationState.RETRYING
            return replace(view, state=state, attempts=step.attempts, next_attempt_at=step.retry_at, reason=step.reason)
        case NotificationSent():
            state, ended_at = NotificationState.DELIVERED, step.timestamp
            return replace(view, state=state, attempts=step.attempts, next_attempt_at=None, ended_at=ended_at, reason=None)
        case NotificationGivenUp():
            state, ended_at = NotificationState.GIVEN_UP, step.timestamp
            return replace(
                view, state=state, attempts=step.attempts, next_attempt_at=None, ended_at=ended_at, reason=step.reason
            )
    return view


def _is_wanted(view: NotificationView, wish: NotificationWish) -> bool:
    return (
        wish.state in {None, view.state}
        and (wish.after is None or view.position < wish.after)
        and (wish.before is None or view.position > wish.before)
    )
