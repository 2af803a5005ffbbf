"""The fields of Mutation: decide, append, and wait until the change can be seen, but not for long."""

from datetime import datetime
from typing import Annotated

import strawberry

from api.alert_rules import define_rule
from api.alerts import acknowledge, silence
from api.changes import change_site, issue_key, revoke_key, rotate_key
from api.command_mutations import CommandMutation
from api.context import Info
from api.corrections import correct_readings
from api.device_changes import change_device, replace_sensor, retire_device
from api.fields import argument, guarded
from api.rebuilds import order
from api.recipients import define_recipient
from api.replays import repair, replay_all
from api.retention import apply_retention
from api.roles import Role
from api.types.alert_inputs import AlertRuleInput
from api.types.inputs import (
    CorrectReadingsInput,
    IssueKeyInput,
    RegisterDeviceInput,
    RepairDeadLetterInput,
    ReplaceSensorInput,
    RetireDeviceInput,
    RevokeKeyInput,
    RotateKeyInput,
    SiteInput,
)
from api.types.recipient_inputs import RecipientInput
from api.types.results import (
    AcknowledgeAlertResult,
    ApplyRetentionResult,
    CorrectReadingsResult,
    DefineAlertRuleResult,
    DefineRecipientResult,
    DefineSiteResult,
    IssueKeyResult,
    RebuildProjectionResult,
    RebuildProjectionSuccess,
    RegisterDeviceResult,
    RepairDeadLetterResult,
    ReplaceSensorResult,
    ReplayDeadLettersResult,
    RetireDeviceResult,
    RevokeKeyResult,
    RollBackProjectionResult,
    RollBackProjectionSuccess,
    RotateKeyResult,
    SilenceAlertResult,
    VerifyProjectionResult,
    VerifyProjectionSuccess,
)
from projections.rebuilds import Action

Name = Annotated[
    str,
    argument("What: `history` (with its windows), `latest`, `decisions`, `accounts`, `alerts`, `commands` or `lineage`."),
]


@strawberry.type(description="What can be changed. Each change is an event, and answers with its success or an OperationError.")
class Mutation(CommandMutation):
    @guarded(Role.OPERATOR, "Define a site, or change its name or time zone.")
    async def define_site(
        self,
        info: Info,
        input: Annotated[SiteInput, argument("The site.")],  # noqa: A002 - the name is fixed
    ) -> DefineSiteResult:
        return await change_site(info.context, input)

    @guarded(
        Role.OPERATOR, "Register a device, or change what is known of it. A device need not be registered before it speaks."
    )
    async def register_device(
        self,
        info: Info,
        input: Annotated[RegisterDeviceInput, argument("The device.")],  # noqa: A002 - the name is fixed
    ) -> RegisterDeviceResult:
        return await change_device(info.context, input)

    @guarded(
        Role.OPERATOR,
        "Define an alert rule, or let it be another. What it said before is withdrawn; `enabled: false` puts it out of force.",
    )
    async def define_alert_rule(
        self,
        info: Info,
        input: Annotated[AlertRuleInput, argument("The rule, whole.")],  # noqa: A002 - the name is fixed
    ) -> DefineAlertRuleResult:
        return await define_rule(info.context, input)

    @guarded(Role.ADMIN, "Define who is told of alerts, or let him be told otherwise.")
    async def define_recipient(
        self,
        info: Info,
        input: Annotated[RecipientInput, argument("The recipient, whole.")],  # noqa: A002 - the name is fixed
    ) -> DefineRecipientResult:
        return await define_recipient(info.context, input)

    @guarded(Role.OPERATOR, "Say that an alert was seen. It stays as it is.")
    async def acknowledge_alert(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, argument("The alert.")],  # noqa: A002 - the name is fixed
        note: Annotated[str | None, argument("What there is to say of it: up to 1,000 characters.")] = None,
    ) -> AcknowledgeAlertResult:
        return await acknowledge(info.context, id, note)

    @guarded(Role.OPERATOR, "Let nobody be told of an alert until a moment; one that is past ends that.")
    async def silence_alert(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, argument("The alert.")],  # noqa: A002 - the name is fixed
        until: Annotated[datetime, argument("Until then, at most 30 days.")],
    ) -> SilenceAlertResult:
        return await silence(info.context, id, until)

    @guarded(
        Role.OPERATOR,
        "Correct a stretch of a device's readings, also of those that come later. Nothing stored changes: what is shown does.",
    )
    async def correct_readings(
        self,
        info: Info,
        input: Annotated[CorrectReadingsInput, argument("The correction.")],  # noqa: A002 - the name is fixed
    ) -> CorrectReadingsResult:
        return await correct_readings(info.context, input)

    @guarded(Role.OPERATOR, "Let another sensor go on, from a moment on, with what a sensor measured.")
    async def replace_sensor(
        self,
        info: Info,
        input: Annotated[ReplaceSensorInput, argument("The sensor, and the one that goes on.")],  # noqa: A002 - the name is fixed
    ) -> ReplaceSensorResult:
        return await replace_sensor(info.context, input)

    @guarded(Role.OPERATOR, "Take a device out of service, so that its silence means nothing, or back into it.")
    async def retire_device(
        self,
        info: Info,
        input: Annotated[RetireDeviceInput, argument("The device.")],  # noqa: A002 - the name is fixed
    ) -> RetireDeviceResult:
        return await retire_device(info.context, input)

    @guarded(
        Role.OPERATOR,
        "Send dead letters through ingest again, as they came. What they say is stored once, however often this is done; "
        "one that is no longer open stays as it is.",
    )
    async def replay_dead_letters(
        self, info: Info, *, ids: Annotated[list[strawberry.ID], argument("The dead letters, at most 100.")]
    ) -> ReplayDeadLettersResult:
        return await replay_all(info.context, ids)

    @guarded(Role.OPERATOR, "Send a dead letter through ingest again with another topic or payload. The letter itself stays.")
    async def repair_dead_letter(
        self,
        info: Info,
        input: Annotated[RepairDeadLetterInput, argument("The dead letter, and what it should have said.")],  # noqa: A002 - the name is fixed
    ) -> RepairDeadLetterResult:
        return await repair(info.context, input)

    @guarded(
        Role.ADMIN,
        "Move raw readings that are past their limit into the archive now, rather than within the hour, and drop what is past "
        "its own. Only what was read back from the archive leaves the store.",
    )
    async def apply_retention(
        self, info: Info, *, dry_run: Annotated[bool, argument("Only tell what would happen.")] = False
    ) -> ApplyRetentionResult:
        return apply_retention(info.context.services, dry_run=dry_run)

    @guarded(Role.ADMIN, "Issue an API key. The answer holds it this once; only a hash is kept.")
    async def issue_key(
        self,
        info: Info,
        input: Annotated[IssueKeyInput, argument("The key.")],  # noqa: A002 - the name is fixed
    ) -> IssueKeyResult:
        return await issue_key(info.context, input)

    @guarded(
        Role.ADMIN,
        "Give an API key a new secret, which the answer holds this once; all else stays. The old one is good for a while, too.",
    )
    async def rotate_key(
        self,
        info: Info,
        input: Annotated[RotateKeyInput, argument("The key.")],  # noqa: A002 - the name is fixed
    ) -> RotateKeyResult:
        return await rotate_key(info.context, input)

    @guarded(Role.ADMIN, "Revoke an API key for good, with the sessions and sockets that it opened.")
    async def revoke_key(
        self,
        info: Info,
        input: Annotated[RevokeKeyInput, argument("The key.")],  # noqa: A002 - the name is fixed
    ) -> RevokeKeyResult:
        return await revoke_key(info.context, input)

    @guarded(
        Role.ADMIN,
        "Fill a new version of a read model from the log beside the one that serves, compare the two at one position, and let "
        "the new one serve: where both hold the same, or where it is made by other rules. Begun when this answers.",
    )
    async def rebuild_projection(
        self,
        info: Info,
        *,
        name: Name,
        accept: Annotated[bool, argument("Let it serve even if it differs where it should not.")] = False,
        anew: Annotated[bool, argument("Begin with the first event, though a version is half filled.")] = False,
    ) -> RebuildProjectionResult:
        shown = order(info.context, name, Action.REBUILD, accept=accept, anew=anew)
        return RebuildProjectionSuccess(projection=shown)

    @guarded(Role.ADMIN, "Compare a read model with one made from the log, and change nothing. Begun when this answers.")
    async def verify_projection(self, info: Info, *, name: Name) -> VerifyProjectionResult:
        return VerifyProjectionSuccess(projection=order(info.context, name, Action.VERIFY))

    @guarded(
        Role.ADMIN,
        "Let the version that served before serve again, once it has caught up with the log. Begun when this answers.",
    )
    async def roll_back_projection(self, info: Info, *, name: Name) -> RollBackProjectionResult:
        return RollBackProjectionSuccess(projection=order(info.context, name, Action.ROLLBACK))
