"""What somebody says of who is told of alerts, in the words of events."""

from collections.abc import Sequence
from typing import Final

from api.alert_rules import hours_of, where_of
from api.changes import settled
from api.context import Context
from api.errors import ApiError, ErrorCode
from api.scope import require_whole
from api.types.recipient import Recipient, recipient
from api.types.recipient_inputs import RecipientInput
from api.types.results import DefineRecipientSuccess
from api.visibility import ALERTS
from domain import recipients
from domain.decisions import Decision
from schema.events import Event
from schema.ids import is_valid_id
from schema.notifications import Escalation, RecipientDefined
from schema.rules import AlertSeverity, Where

_NAMED: Final = 10


async def define_recipient(context: Context, wanted: RecipientInput) -> DefineRecipientSuccess:
    """He is told so from now on."""
    defined = _recipient(wanted)
    await _require_next(context, defined)

    def decide(events: Sequence[Event]) -> Decision:
        return recipients.define_recipient(recipients.fold_recipient(events), defined)

    change = await context.writer.change(f"recipient-{defined.recipient_id}", context.principal.actor, decide)
    cursor = await settled(context, change, ALERTS)
    return DefineRecipientSuccess(recipient=recipient(defined, context.services.targets), cursor=cursor)


async def _require_next(context: Context, defined: RecipientDefined) -> None:
    """ApiError INVALID_INPUT where nobody is whom to tell next: a slip there would be found out at night."""
    escalation, services = defined.escalation, context.services
    if escalation is None or escalation.to == defined.recipient_id or not is_valid_id(escalation.to):
        return
    if not await services.log.read_stream(f"recipient-{escalation.to}", limit=1):
        known = sorted({each.recipient_id for each in services.recipients.recipients()} - {defined.recipient_id})
        there = f"there are {', '.join(known[:_NAMED])}{' and others' if known[_NAMED:] else ''}" if known else "there is none"
        message = f"escalation.to: there is no recipient {escalation.to!r} ({there}): define him first"
        raise ApiError(ErrorCode.INVALID_INPUT, f"{message}, and of two who follow each other one without `escalation` first")


def all_recipients(context: Context) -> list[Recipient]:
    """For who sees the whole house."""
    require_whole(context.principal.scope, "recipients")
    return [recipient(defined, context.services.targets) for defined in context.services.recipients.recipients()]


def _recipient(wanted: RecipientInput) -> RecipientDefined:
    escalation = wanted.escalation
    return RecipientDefined(
        recipient_id=wanted.recipient_id,
        name=wanted.name,
        targets=tuple(wanted.targets),
        least=AlertSeverity(wanted.least.word),
        where=Where() if wanted.where is None else where_of(wanted.where),
        time_zone=wanted.time_zone,
        quiet=None if wanted.quiet is None else hours_of(wanted.quiet),
        critical_any_hour=wanted.critical_any_hour,
        escalation=None if escalation is None else Escalation(after_seconds=escalation.after.total_seconds(), to=escalation.to),
        only_escalated=wanted.only_escalated,
        enabled=wanted.enabled,
    )
