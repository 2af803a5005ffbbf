"""Decisions about an alert: somebody has seen it, or wants nobody to be told of it for a while."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from domain.decisions import Decision, Refusal, Refused, text_problem
from schema.events import Event
from schema.rules import AlertAcknowledged, AlertRaised, AlertSilenced

LONGEST_SILENCE: Final = timedelta(days=30)
_LONGEST_NOTE: Final = 1_000
_NONE: Final = Refused(Refusal.NOT_FOUND, "there is no such alert")


def fold_alert(events: Sequence[Event]) -> AlertRaised | None:
    """The alert as it was raised last."""
    return next((event for event in reversed(events) if isinstance(event, AlertRaised)), None)


def acknowledge(events: Sequence[Event], wanted: AlertAcknowledged) -> Decision:
    """Acknowledged again with the same note, nothing follows."""
    problem = text_problem("note", wanted.note, _LONGEST_NOTE)
    if problem is not None:
        return Refused(Refusal.INVALID, problem)
    if fold_alert(events) is None:
        return _NONE
    last = next((event for event in reversed(events) if isinstance(event, AlertAcknowledged)), None)
    return [] if last is not None and last.note == wanted.note else [wanted]


def silence(events: Sequence[Event], wanted: AlertSilenced, now: datetime) -> Decision:
    """Up to 30 days; a moment that is past ends a silence. Silenced again until the same moment, nothing follows."""
    if wanted.until > now + LONGEST_SILENCE:
        return Refused(Refusal.INVALID, f"until must lie within {LONGEST_SILENCE.days} days")
    if fold_alert(events) is None:
        return _NONE
    last = next((event for event in reversed(events) if isinstance(event, AlertSilenced)), None)
    return [] if last is not None and last.until == wanted.until else [wanted]
