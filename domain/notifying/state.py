"""What is remembered of alerts and of those who are told of them."""

from typing import Final

import msgspec

from domain.alerting.places import Place
from domain.forgetting import surplus
from schema.events import UtcTime
from schema.notifications import NotificationWord, RecipientDefined
from schema.rules import AlertRaised

MOST: Final = 20_000
"""Alerts that are remembered, or a twentieth more; beyond, those go first that are over, and then the oldest."""


class Ear(msgspec.Struct):
    """What a recipient knows of an alert. `believes`: the last that he was told is that it stands, at `told_us`.

    `reached`: he is to be told while it stands. `words` counts what he was told.
    """

    believes: bool = False
    reached: bool = False
    told_us: int = 0
    words: int = 0
    escalated_from: str | None = None
    handed_on: bool = False


class Standing(msgspec.Struct):
    """An alert as it stands: `over` says how it ended, `over_since` when. It is to be looked at again at `due_us`.

    Nobody is told of it before `held_us`: of history more may be said in a moment.
    """

    raised: AlertRaised
    over: NotificationWord | None = None
    over_since: UtcTime | None = None
    held_us: int = 0
    acknowledged: bool = False
    silenced_us: int = 0
    ears: dict[str, Ear] = {}
    due_us: int | None = None


class NotifyingState(msgspec.Struct):
    """All that the fold remembers."""

    recipients: dict[str, RecipientDefined] = {}
    places: dict[str, Place] = {}
    alerts: dict[str, Standing] = {}

    def remember(self, standing: Standing) -> None:
        self.alerts[standing.raised.alert_id] = standing
        for name in surplus(self.alerts, MOST, lambda each: each.over is not None):
            del self.alerts[name]

    def next_after(self, recipient_id: str) -> str | None:
        """Whom to tell where a recipient does not answer: the next in line who is there to be told."""
        passed = {recipient_id}
        recipient = self.recipients.get(recipient_id)
        while recipient is not None and recipient.escalation is not None and recipient.escalation.to not in passed:
            passed.add(recipient.escalation.to)
            recipient = self.recipients.get(recipient.escalation.to)
            if recipient is not None and recipient.enabled:
                return recipient.recipient_id
        return None
