"""Those who are told of alerts, as they stand."""

from collections.abc import Collection
from datetime import timedelta

import strawberry

from api.fields import described
from api.types.alert_rule import ActiveHours, AlertWhere, alert_hours, alert_where
from api.types.enums import AlertSeverity
from schema.notifications import RecipientDefined


@strawberry.type(description="Whom to tell next of an alert that nobody acknowledged.")
class Escalation:
    after: timedelta = described("How long after the recipient was told.")
    to: strawberry.ID = described("The recipient who is told then.")


@strawberry.type(description="Somebody who is told of alerts.")
class Recipient:
    id: strawberry.ID = described("His id.")
    name: str = described("What people call him.")
    targets: list[str] = described("How he is told: names of targets in the settings. Their addresses are shown nowhere.")
    unknown_targets: list[str] | None = described(
        "Those of them that no setting names: by these he is not told. Null where another process sends, and has the settings."
    )
    least: AlertSeverity = described("Only of alerts that matter so much.")
    where: AlertWhere = described("Only of alerts about this.")
    time_zone: str = described("The IANA time zone of his quiet hours.")
    quiet: ActiveHours | None = described("When he is told nothing; null: never.")
    critical_any_hour: bool = described("Whether what is critical is told in quiet hours, too.")
    escalation: Escalation | None = described("Whom to tell next; null: nobody.")
    only_escalated: bool = described("Whether he is told only of what others did not acknowledge.")
    enabled: bool = described("Whether he is told at all.")


def recipient(defined: RecipientDefined, known: Collection[str] | None) -> Recipient:
    """`known` are the targets of the settings; None where they are those of another process."""
    escalation = defined.escalation
    return Recipient(
        id=strawberry.ID(defined.recipient_id),
        name=defined.name,
        targets=list(defined.targets),
        unknown_targets=None if known is None else [target for target in defined.targets if target not in known],
        least=AlertSeverity(defined.least),
        where=alert_where(defined.where),
        time_zone=defined.time_zone,
        quiet=None if defined.quiet is None else alert_hours(defined.quiet),
        critical_any_hour=defined.critical_any_hour,
        escalation=None
        if escalation is None
        else Escalation(after=timedelta(seconds=escalation.after_seconds), to=strawberry.ID(escalation.to)),
        only_escalated=defined.only_escalated,
        enabled=defined.enabled,
    )
