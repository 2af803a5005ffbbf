"""The inputs that say who is told of alerts."""

from datetime import timedelta

import strawberry

from api.fields import described
from api.types.alert_inputs import ActiveHoursInput, AlertWhereInput
from api.types.enums import AlertSeverity


@strawberry.input(description="Whom to tell next of an alert that nobody acknowledged.")
class EscalationInput:
    after: timedelta = described("How long after this recipient was told: from 1 minute to 7 days.")
    to: strawberry.ID = described("The recipient who is told then: one who is defined already.")


@strawberry.input(description="Somebody who is told of alerts.")
class RecipientInput:
    recipient_id: strawberry.ID = described("His id: 1 to 64 letters, digits, `_`, `.` or `-`.")
    name: str = described("What people call him.")
    targets: list[str] = described("How he is told: 1 to 10 names of targets in the settings.")
    least: AlertSeverity = strawberry.field(description="Only of alerts that matter so much.", default=AlertSeverity.WARNING)
    where: AlertWhereInput | None = strawberry.field(
        description="Only of alerts about this; left out: of the whole house.", default=None
    )
    time_zone: str = strawberry.field(description="The IANA time zone of his quiet hours.", default="UTC")
    quiet: ActiveHoursInput | None = strawberry.field(
        description="When he is told nothing: what still stands then is told at the end.", default=None
    )
    critical_any_hour: bool = strawberry.field(description="What is critical is told in quiet hours, too.", default=True)
    escalation: EscalationInput | None = strawberry.field(description="Whom to tell next; left out: nobody.", default=None)
    only_escalated: bool = strawberry.field(description="Only of what others did not acknowledge.", default=False)
    enabled: bool = strawberry.field(description="Whether he is told at all.", default=True)
