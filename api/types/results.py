"""What mutations answer: each its own success, or the one error."""

from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from api.errors import ErrorCode
from api.fields import described
from api.scalars import CursorText
from api.types.alert import Alert
from api.types.alert_rule import AlertRule
from api.types.correction import Correction, CorrectionPreview
from api.types.dead_letter import DeadLetter
from api.types.device import Device
from api.types.key import ApiKey
from api.types.projection import Projection
from api.types.recipient import Recipient
from api.types.retention import RetentionRun
from api.types.segment import SensorSegment
from api.types.site import Site

CURSOR = "The place of the change in the log: give it as `atLeast` to a query that must see it."


@strawberry.type(description="The change was refused, and nothing happened.")
class OperationError:
    code: ErrorCode = described("Why, in a word that does not change.")
    message: str = described("Why, in a sentence.")
    retry_at: datetime | None = strawberry.field(
        description="When it is worth asking again, where that is known: an override ends, or the command that is under way.",
        default=None,
    )


@strawberry.type(description="The site is as asked.")
class DefineSiteSuccess:
    site: Site = described("The site as it is now.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="The device is registered as asked.")
class RegisterDeviceSuccess:
    device: Device = described("The device as it is now.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="The alert rule is as asked.")
class DefineAlertRuleSuccess:
    rule: AlertRule = described("The rule as it is now.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="The recipient is as asked.")
class DefineRecipientSuccess:
    recipient: Recipient = described("The recipient as he is now.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="It is noted that somebody has seen the alert.")
class AcknowledgeAlertSuccess:
    alert: Alert = described("The alert as it is now.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="It is noted that nobody is to be told of the alert until then.")
class SilenceAlertSuccess:
    alert: Alert = described("The alert as it is now.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="The readings are corrected as asked; or, for a dry run, nothing happened yet.")
class CorrectReadingsSuccess:
    correction: Correction | None = described("The correction; null for a dry run.")
    preview: CorrectionPreview | None = described("What would change, for a dry run; else null.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="The sensor is replaced as asked.")
class ReplaceSensorSuccess:
    segments: list[SensorSegment] = described("The sensors that make up the series now, in order of time.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="The device is in or out of service as asked.")
class RetireDeviceSuccess:
    device: Device = described("The device as it is now.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="A run of the retention job begins: `retentionRun` tells how it goes.")
class ApplyRetentionSuccess:
    run: RetentionRun = described("The run.")


@strawberry.type(description="The key exists.")
class IssueKeySuccess:
    key: ApiKey = described("The key, without its secret.")
    secret: str = described("The whole key, to be sent as `Authorization: Bearer`. It is shown this once, and never again.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="The key has a new secret.")
class RotateKeySuccess:
    key: ApiKey = described("The key, without its secrets.")
    secret: str = described("The whole key with its new secret. It is shown this once, and never again.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="The key opens nothing any more.")
class RevokeKeySuccess:
    key: ApiKey = described("The key as it is now.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="It was begun. `projection { rebuild }` and `projections` show how it gets on.")
class RebuildProjectionSuccess:
    projection: Projection = described("The read model.")


@strawberry.type(description="It was begun. `projection { rebuild }` and `projections` show how it gets on.")
class VerifyProjectionSuccess:
    projection: Projection = described("The read model.")


@strawberry.type(description="It was begun. `projection { rebuild }` and `projections` show how it gets on.")
class RollBackProjectionSuccess:
    projection: Projection = described("The read model.")


@strawberry.type(description="The dead letters were sent again, each once: `state` and `replay` say what became of them.")
class ReplayDeadLettersSuccess:
    letters: list[DeadLetter] = described("The dead letters as they are now.")
    cursor: CursorText = described(CURSOR)


@strawberry.type(description="The dead letter was sent again: `state` and `replay` say what became of it.")
class RepairDeadLetterSuccess:
    letter: DeadLetter = described("The dead letter as it is now.")
    cursor: CursorText = described(CURSOR)


def result(name: str, description: str) -> object:
    return strawberry.union(name, description=description)


DefineSiteResult: TypeAlias = Annotated[
    DefineSiteSuccess | OperationError, result("DefineSiteResult", "What became of `defineSite`.")
]
DefineAlertRuleResult: TypeAlias = Annotated[
    DefineAlertRuleSuccess | OperationError, result("DefineAlertRuleResult", "What became of `defineAlertRule`.")
]
DefineRecipientResult: TypeAlias = Annotated[
    DefineRecipientSuccess | OperationError, result("DefineRecipientResult", "What became of `defineRecipient`.")
]
AcknowledgeAlertResult: TypeAlias = Annotated[
    AcknowledgeAlertSuccess | OperationError, result("AcknowledgeAlertResult", "What became of `acknowledgeAlert`.")
]
SilenceAlertResult: TypeAlias = Annotated[
    SilenceAlertSuccess | OperationError, result("SilenceAlertResult", "What became of `silenceAlert`.")
]
RegisterDeviceResult: TypeAlias = Annotated[
    RegisterDeviceSuccess | OperationError, result("RegisterDeviceResult", "What became of `registerDevice`.")
]
CorrectReadingsResult: TypeAlias = Annotated[
    CorrectReadingsSuccess | OperationError, result("CorrectReadingsResult", "What became of `correctReadings`.")
]
ReplaceSensorResult: TypeAlias = Annotated[
    ReplaceSensorSuccess | OperationError, result("ReplaceSensorResult", "What became of `replaceSensor`.")
]
RetireDeviceResult: TypeAlias = Annotated[
    RetireDeviceSuccess | OperationError, result("RetireDeviceResult", "What became of `retireDevice`.")
]
ApplyRetentionResult: TypeAlias = Annotated[
    ApplyRetentionSuccess | OperationError, result("ApplyRetentionResult", "What became of `applyRetention`.")
]
IssueKeyResult: TypeAlias = Annotated[IssueKeySuccess | OperationError, result("IssueKeyResult", "What became of `issueKey`.")]
RotateKeyResult: TypeAlias = Annotated[
    RotateKeySuccess | OperationError, result("RotateKeyResult", "What became of `rotateKey`.")
]
RevokeKeyResult: TypeAlias = Annotated[
    RevokeKeySuccess | OperationError, result("RevokeKeyResult", "What became of `revokeKey`.")
]
RebuildProjectionResult: TypeAlias = Annotated[
    RebuildProjectionSuccess | OperationError, result("RebuildProjectionResult", "What became of `rebuildProjection`.")
]
VerifyProjectionResult: TypeAlias = Annotated[
    VerifyProjectionSuccess | OperationError, result("VerifyProjectionResult", "What became of `verifyProjection`.")
]
RollBackProjectionResult: TypeAlias = Annotated[
    RollBackProjectionSuccess | OperationError, result("RollBackProjectionResult", "What became of `rollBackProjection`.")
]
ReplayDeadLettersResult: TypeAlias = Annotated[
    ReplayDeadLettersSuccess | OperationError, result("ReplayDeadLettersResult", "What became of `replayDeadLetters`.")
]
RepairDeadLetterResult: TypeAlias = Annotated[
    RepairDeadLetterSuccess | OperationError, result("RepairDeadLetterResult", "What became of `repairDeadLetter`.")
]
