"""Decisions about who is told of alerts, and what is wrong with what somebody wants: told by the names that he gave it in."""

from collections.abc import Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from domain.alerting.hours import minute_of
from domain.decisions import Decision, Refusal, Refused, id_problem, text_problem
from schema.events import Event
from schema.ids import is_valid_id
from schema.notifications import Escalation, RecipientDefined
from schema.rules import ActiveHours

_TARGETS: Final = 10
_SOONEST, _LATEST = 60.0, 7 * 86_400.0
_DAYS: Final = 7


def fold_recipient(events: Sequence[Event]) -> RecipientDefined | None:
    """The recipient as last defined."""
    return next((event for event in reversed(events) if isinstance(event, RecipientDefined)), None)


def define_recipient(current: RecipientDefined | None, wanted: RecipientDefined) -> Decision:
    """Define somebody who is told of alerts, or let him be told otherwise."""
    problem = next(_problems(wanted), None)
    if problem is not None:
        return Refused(Refusal.INVALID, problem)
    return [] if wanted == current else [wanted]


def _problems(wanted: RecipientDefined) -> Iterator[str]:
    yield from filter(None, [id_problem("recipientId", wanted.recipient_id), text_problem("name", wanted.name)])
    if not 1 <= len(wanted.targets) <= _TARGETS or len(set(wanted.targets)) < len(wanted.targets):
        yield f"targets must be 1 to {_TARGETS} names of targets in the settings, each once"
    for target in wanted.targets:
        yield from filter(None, [id_problem("targets", target)])
    where = wanted.where
    for name, text in (("siteId", where.site_id), ("deviceId", where.device_id), ("sensorId", where.sensor_id)):
        if text is not None:
            yield from filter(None, [id_problem(f"where.{name}", text)])
    for name, text in (("location", where.location), ("deviceType", where.device_type)):
        yield from filter(None, [text_problem(f"where.{name}", text)])
    yield from _quiet_problems(wanted.time_zone, wanted.quiet)
    if wanted.escalation is not None:
        yield from _escalation_problems(wanted.recipient_id, wanted.escalation)


def _quiet_problems(zone: str, quiet: ActiveHours | None) -> Iterator[str]:
    try:
        _ = ZoneInfo(zone)
    except (LookupError, ValueError, OSError):
        yield f"timeZone must be an IANA time zone such as Europe/Rome; {zone[:80]!r} is none"
    if quiet is None:
        return
    minutes = set()
    for name, text in (("start", quiet.start), ("end", quiet.end)):
        try:
            minutes.add(minute_of(text))
        except ValueError:
            yield f"quiet.{name} must be a time of day such as 22:00; {text[:80]!r} is not"
    if len(minutes) == 1:
        yield "quiet.start and quiet.end must not be the same: who is never to be told is disabled"
    if not all(0 <= day < _DAYS for day in quiet.days):
        yield "quiet.days must be numbers from 0 (Monday) to 6 (Sunday)"


def _escalation_problems(recipient_id: str, escalation: Escalation) -> Iterator[str]:
    if not _SOONEST <= escalation.after_seconds <= _LATEST:
        yield "escalation.after must be from 1 minute to 7 days"
    if not is_valid_id(escalation.to) or escalation.to == recipient_id:
        yield "escalation.to must be the id of another recipient"
