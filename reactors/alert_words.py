"""What the evaluator says of alerts, as events of their streams. The same word of the same alert always has the same id."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.alerting.evidence import evidence_of
from domain.alerting.house import alert_id, kind_of
from domain.alerting.state import Output
from domain.alerting.watch import Word
from reactors.alert_state import AlertState
from reactors.saying import Saying
from schema.envelope import Metadata
from schema.events import Event
from schema.ids import EventId, content_event_id, format_event_id
from schema.registry import REGISTRY
from schema.rules import AlertCleared, AlertRaised, AlertRefuted
from schema.times import from_micros

_SOURCE = "reactor"
_REFUTED = "readings that came later, or a correction, show that the rule was kept"


class Heard(msgspec.Struct, frozen=True):
    """What a word follows from: the time by the log's clock, and the event, where it was one."""

    at: datetime
    event_id: EventId | None = None


def saying(state: AlertState, output: Output, heard: Heard) -> Saying:
    """The next word of an alert."""
    name = alert_id(output.subject, output.said.alert)
    number = state.next_word(name)
    event = _event(state, name, output, heard)
    metadata = Metadata(
        schema_version=REGISTRY.version_of(event),
        source=_SOURCE,
        received_at=heard.at,
        site=_site(state, output),
        correlation_id=name,
        causation_id=None if heard.event_id is None else format_event_id(heard.event_id),
    )
    event_id = content_event_id(None, "alert", name, str(number), output.said.word.name)
    return Saying(f"alert-{name}", REGISTRY.pack(event_id, event, metadata), number)


def _site(state: AlertState, output: Output) -> str | None:
    known = state.house.devices.get(output.subject.device)
    return None if known is None else known.home


def _event(state: AlertState, name: str, output: Output, heard: Heard) -> Event:
    word, episode = output.said.word, output.said.alert.episode
    if word is Word.REFUTED:
        return AlertRefuted(alert_id=name, timestamp=heard.at, reason=_REFUTED)
    if word is Word.WITHDRAWN:
        return AlertCleared(alert_id=name, timestamp=heard.at, since=heard.at, value=output.value)
    if episode.ended_us is not None:
        return AlertCleared(alert_id=name, timestamp=heard.at, since=from_micros(episode.ended_us), value=output.value)
    return _raised(state, name, output, heard)


def _shown_by(state: AlertState, output: Output, heard: Heard) -> Sequence[EventId]:
    return evidence_of(state.house.evaluator, output) or ([] if heard.event_id is None else [heard.event_id])


def _raised(state: AlertState, name: str, output: Output, heard: Heard) -> AlertRaised:
    """Raised, raised again, or since another moment than was said."""
    subject = output.subject
    rule = state.house.evaluator.rules[subject.rule]
    return AlertRaised(
        alert_id=name,
        timestamp=heard.at,
        rule_id=subject.rule,
        rule_revision=state.rules[subject.rule].revision,
        kind=kind_of(rule),
        severity=rule.severity,
        device_id=subject.device,
        sensor_id=subject.sensor,
        metric=subject.metric,
        since=from_micros(output.said.alert.episode.since_us),
        value=output.value,
        evidence=tuple(map(format_event_id, _shown_by(state, output, heard))),
        backfilled=output.backfilled,
    )
