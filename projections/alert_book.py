"""Alerts, event by event: those that are open, and the last of those that are over."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from domain.forgetting import surplus
from projections.alert_queries import MOST, AlertState, AlertView, AlertWish
from projections.feed_queries import FeedEvent
from schema.envelope import decode_metadata
from schema.rules import AlertAcknowledged, AlertCleared, AlertRaised, AlertRefuted, AlertSilenced, AlertStep


class AlertBook:
    """By id, in the order in which they were raised first."""

    def __init__(self, views: Iterable[AlertView] = ()) -> None:
        self._views = {view.raised.alert_id: view for view in views}

    def take(self, fed: FeedEvent) -> None:
        """Fold one event in."""
        event = fed.event
        if isinstance(event, AlertStep):
            before = self._views.get(event.alert_id)
            after = folded(before, fed)
            if after is not None:
                self._views[event.alert_id] = after
            if before is None:
                self._forget()

    def alert(self, alert_id: str) -> AlertView | None:
        return self._views.get(alert_id)

    def alerts(self, wish: AlertWish, sees: Callable[[str], bool]) -> list[AlertView]:
        found: list[AlertView] = []
        views = self._views.values()
        for view in views if wish.backwards else reversed(views):
            if _is_wanted(view, wish) and sees(view.raised.device_id):
                found.append(view)
                if len(found) == wish.limit:
                    break
        return found[::-1] if wish.backwards else found

    def views(self) -> Iterable[AlertView]:
        """In the order in which they were raised."""
        return self._views.values()

    def _forget(self) -> None:
        for name in surplus(self._views, MOST, lambda view: view.state is not AlertState.OPEN):
            del self._views[name]


def folded(before: AlertView | None, fed: FeedEvent) -> AlertView | None:
    """An alert after one event more of its stream; None where it was not raised yet."""
    event = fed.event
    if isinstance(event, AlertRaised):
        return _raised(before, event, fed)
    return _after(before, event, fed) if before is not None and isinstance(event, AlertStep) else before


def _raised(before: AlertView | None, event: AlertRaised, fed: FeedEvent) -> AlertView:
    if before is None:
        return AlertView(event, fed.recorded.position, event.timestamp)
    return replace(before, raised=event, state=AlertState.OPEN, over_since=None, ended_at=None, refuted_because=None)


def _after(view: AlertView, event: AlertStep, fed: FeedEvent) -> AlertView:
    match event:
        case AlertCleared():
            return replace(view, state=AlertState.CLEARED, over_since=event.since, ended_at=event.timestamp)
        case AlertRefuted():
            return replace(view, state=AlertState.REFUTED, ended_at=event.timestamp, refuted_because=event.reason)
        case AlertAcknowledged():
            by = decode_metadata(fed.recorded.metadata).actor
            return replace(view, acknowledged_at=event.timestamp, acknowledged_by=by, note=event.note)
        case AlertSilenced():
            return replace(view, silenced_until=event.until)
    return view


def _is_wanted(view: AlertView, wish: AlertWish) -> bool:
    raised = view.raised
    return (
        wish.state in {None, view.state}
        and wish.rule in {None, raised.rule_id}
        and wish.device in {None, raised.device_id}
        and wish.severity in {None, raised.severity}
        and (wish.after is None or view.position < wish.after)
        and (wish.before is None or view.position > wish.before)
    )
