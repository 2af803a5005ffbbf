"""What somebody says of who is told of alerts, in the words of events."""

from collections.abc import Sequence

from api.alert_rules import hours_of, where_of
from api.changes import settled
from api.context import Context
from api.scope import require_whole
from api.types.recipient import Recipient, recipient
from api.types.recipient_inputs import RecipientInput
from api.types.results import DefineRecipientSuccess
from api.visibility import ALERTS
from domain import recipients
from domain.decisions import Decision
from schema.events import Event
from schema.notifications import Escalation, RecipientDefined
from schema.rules import AlertSeverity, Where


async def define_recipient(context: Context, wanted: RecipientInput) -> DefineRecipientSuccess:
    """He is told so from now on."""
    defined = _recipient(wanted)

    def decide(events: Sequence[Event]) -> Decision:
        return recipients.define_recipient(recipients.fold_recipient(events), defined)

    change = await context.writer.change(f"recipient-{defined.recipient_id}", context.principal.actor, decide)
    cursor = await settled(context, change, ALERTS)
    return DefineRecipientSuccess(recipient=recipient(defined), cursor=cursor)


def all_recipients(context: Context) -> list[Recipient]:
    """For who sees the whole house."""
    require_whole(context.principal.scope, "recipients")
    return [recipient(defined) for defined in context.services.recipients.recipients()]


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
