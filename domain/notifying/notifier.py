"""Folds the log to who is to be told what of which alert: routing, quiet hours, silence and escalation.

A recipient is owed a word wherever what he was told last is not so any more: so what passed while he was not to be told is
told once, as it stands then, or not at all. Time passes by the log's clock, so the same log comes to the same words. What
history shows that is handed in comes in a rush: it is told, once, when nothing more has been said of it for a moment.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from domain.alerting.alarms import Alarms
from domain.alerting.places import Place, fits
from domain.notifying.quiet import quiet_until
from domain.notifying.state import Ear, NotifyingState, Standing
from schema.events import DeviceMetadata, Event
from schema.ids import content_event_id, format_event_id
from schema.notifications import NotificationRequested, NotificationWord, RecipientDefined
from schema.rules import (
    AlertAcknowledged,
    AlertCleared,
    AlertRaised,
    AlertRefuted,
    AlertSeverity,
    AlertSilenced,
    AlertStep,
)
from schema.times import from_micros, to_micros

BACKFILL_WAITS_US: Final = 10_000_000
_RANK: Final = {severity: rank for rank, severity in enumerate(AlertSeverity)}


class Notifier:
    """`state` is what it needs to go on from where it was."""

    def __init__(self, state: NotifyingState | None = None) -> None:
        self.state = state or NotifyingState()
        self._alarms = Alarms()
        for standing in self.state.alerts.values():
            self._plan(standing)

    def take(self, event: Event, *, site: str | None, recorded_us: int) -> Sequence[NotificationRequested]:
        """The next event of the log; `site` is where the device of an alert is."""
        before = self.passed(recorded_us)
        match event:
            case DeviceMetadata():
                self._place(event)
            case RecipientDefined():
                return [*before, *self._define(event, recorded_us)]
            case AlertStep():
                return [*before, *self._hear(event, site, recorded_us)]
        return before

    def passed(self, now_us: int) -> Sequence[NotificationRequested]:
        """A tick: what falls due up to then, each as of when it does."""
        said: list[NotificationRequested] = []
        for (name,) in self._alarms.ring(now_us):
            standing = self.state.alerts.get(name)
            if standing is not None and standing.due_us is not None and standing.due_us <= now_us:
                said += self._weigh(standing, standing.due_us)
            elif standing is not None:
                self._plan(standing)
        return said

    def _plan(self, standing: Standing) -> None:
        if standing.due_us is not None:
            self._alarms.set((standing.raised.alert_id,), standing.due_us)

    def _place(self, event: DeviceMetadata) -> None:
        site = event.location.partition("/")[0] if event.location else None
        self.state.places[event.device_id] = Place(site, event.location, event.device_type)

    def _define(self, event: RecipientDefined, now_us: int) -> list[NotificationRequested]:
        """Whom he is now is asked from now on: he is told of no alert that stood before he was to be told of any."""
        self.state.recipients[event.recipient_id] = event
        concerned = [each for each in self.state.alerts.values() if event.recipient_id in each.ears]
        return [request for standing in concerned for request in self._weigh(standing, now_us)]

    def _hear(self, event: AlertStep, site: str | None, now_us: int) -> list[NotificationRequested]:
        standing = self.state.alerts.get(event.alert_id)
        if isinstance(event, AlertRaised):
            standing = self._raise(event, standing, site)
        if standing is None:
            return []
        match event:
            case AlertCleared():
                standing.over, standing.over_since = NotificationWord.CLEARED, event.since
            case AlertRefuted():
                standing.over, standing.over_since = NotificationWord.REFUTED, None
            case AlertAcknowledged():
                standing.acknowledged = True
            case AlertSilenced():
                standing.silenced_us = to_micros(event.until)
        if standing.raised.backfilled and isinstance(event, AlertRaised | AlertCleared | AlertRefuted):
            standing.held_us = now_us + BACKFILL_WAITS_US
        return self._weigh(standing, now_us)

    def _raise(self, event: AlertRaised, standing: Standing | None, site: str | None) -> Standing:
        if standing is None:
            standing = Standing(event)
            self.state.remember(standing)
        elif standing.over is not None:
            standing.over = standing.over_since = None
            for ear in standing.ears.values():
                ear.reached = False
        standing.raised = event
        for recipient_id in self._routed(event, site):
            standing.ears.setdefault(recipient_id, Ear()).reached = True
        return standing

    def _routed(self, event: AlertRaised, site: str | None) -> Iterator[str]:
        place = self.state.places.get(event.device_id) or Place(site)
        if place.site is None:
            place = Place(site, place.location, place.device_type)
        for recipient_id, recipient in self.state.recipients.items():
            listens = recipient.enabled and not recipient.only_escalated
            enough = _RANK[event.severity] >= _RANK[recipient.least]
            if listens and enough and fits(recipient.where, event.device_id, event.sensor_id, place):
                yield recipient_id

    def _weigh(self, standing: Standing, now_us: int) -> list[NotificationRequested]:
        """What is to be told of it now; it is looked at again when more is due."""
        said = self._told(standing, now_us)
        self._plan(standing)
        return said

    def _told(self, standing: Standing, now_us: int) -> list[NotificationRequested]:
        wait_us = max(standing.silenced_us, standing.held_us)
        if wait_us > now_us:
            standing.due_us = wait_us
            return []
        self._hand_on(standing, now_us)
        said = [request for name in standing.ears for request in self._tell(standing, name, now_us)]
        dues = [due for name in standing.ears for due in self._dues(standing, name, now_us)]
        standing.due_us = min(dues, default=None)
        return said

    def _hand_on(self, standing: Standing, now_us: int) -> None:
        for name, ear in list(standing.ears.items()):
            due = self._handing_on(standing, name)
            if due is not None and due <= now_us:
                ear.handed_on = True
                self._reach(standing, self.state.next_after(name), name)

    def _reach(self, standing: Standing, heir: str | None, before: str) -> None:
        if heir is not None and not (ear := standing.ears.setdefault(heir, Ear())).reached:
            ear.reached, ear.escalated_from = True, before

    def _handing_on(self, standing: Standing, name: str) -> int | None:
        """When the next one is to be told; None where nobody is."""
        ear, recipient = standing.ears[name], self.state.recipients[name]
        ended = standing.over is not None or standing.acknowledged or not ear.believes or ear.handed_on
        if ended or recipient.escalation is None:
            return None
        return max(ear.told_us, standing.silenced_us) + round(recipient.escalation.after_seconds * 1_000_000)

    def _dues(self, standing: Standing, name: str, now_us: int) -> Iterator[int]:
        word, recipient = _owed(standing, standing.ears[name]), self.state.recipients[name]
        if word is not None and recipient.enabled:
            until = quiet_until(recipient, _urgency(standing, word), now_us)
            yield from () if until is None else (until,)
        handing_on = self._handing_on(standing, name)
        yield from () if handing_on is None else (handing_on,)

    def _tell(self, standing: Standing, name: str, now_us: int) -> Iterator[NotificationRequested]:
        ear, recipient = standing.ears[name], self.state.recipients[name]
        word = _owed(standing, ear)
        if word is None or not recipient.enabled or quiet_until(recipient, _urgency(standing, word), now_us) is not None:
            return
        for target in recipient.targets:
            yield _request(standing, recipient, target, word, now_us)
        ear.words += 1
        ear.believes = word is NotificationWord.RAISED
        if ear.believes:
            ear.told_us, ear.handed_on = now_us, False


def _urgency(standing: Standing, word: NotificationWord) -> AlertSeverity:
    """What was over before anybody heard of it can wait for the morning."""
    return AlertSeverity.INFO if word is NotificationWord.PAST else standing.raised.severity


def _owed(standing: Standing, ear: Ear) -> NotificationWord | None:
    if standing.over is None:
        return NotificationWord.RAISED if ear.reached and not ear.believes else None
    if ear.believes:
        return standing.over
    is_news = standing.raised.backfilled and standing.over is NotificationWord.CLEARED and ear.reached and not ear.words
    return NotificationWord.PAST if is_news else None


def _request(
    standing: Standing, recipient: RecipientDefined, target: str, word: NotificationWord, now_us: int
) -> NotificationRequested:
    """Under an id that follows from what is told to whom, and when: told again after a crash, it is the same."""
    raised, ear = standing.raised, standing.ears[recipient.recipient_id]
    parts = (raised.alert_id, recipient.recipient_id, target, str(ear.words), str(now_us))
    return NotificationRequested(
        notification_id=format_event_id(content_event_id(now_us // 1000, "notification", *parts)),
        timestamp=from_micros(now_us),
        alert_id=raised.alert_id,
        recipient_id=recipient.recipient_id,
        target=target,
        word=word,
        kind=raised.kind,
        severity=raised.severity,
        rule_id=raised.rule_id,
        device_id=raised.device_id,
        sensor_id=raised.sensor_id,
        metric=raised.metric,
        value=raised.value,
        since=raised.since,
        acknowledged=standing.acknowledged,
        escalated_from=ear.escalated_from,
        until=standing.over_since,
        backfilled=raised.backfilled,
    )
