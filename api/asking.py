"""What is asked for when commands are: read from an input, checked, and told from any other by its digest."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from api.errors import ApiError, ErrorCode, limit_error
from api.limits import Limits
from api.types.command_inputs import CommandInput, IssueCommandInput, IssueCommandsInput
from api.types.enums import WhenOffline
from domain.decisions import id_problem
from schema.actuators import Scalar
from schema.commands import OnFailure
from schema.ids import content_event_id, format_event_id, parse_event_id
from schema.times import format_time

_TIMEOUT: Final = timedelta(seconds=30)


class AskedCommand(msgspec.Struct, frozen=True):
    """One command, with the id that it gets."""

    command_id: str
    device_id: str
    actuator_id: str
    command: str
    value: Scalar | None


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Commands that somebody asks for. `is_remembered` says whether the request has a stream of its own."""

    correlation_id: str
    is_remembered: bool
    commands: Sequence[AskedCommand]
    deadline: datetime
    hold: bool
    on_failure: OnFailure
    causation_id: str | None
    digest: str

    def by_device(self) -> dict[str, list[AskedCommand]]:
        devices: dict[str, list[AskedCommand]] = {}
        for one in self.commands:
            devices.setdefault(one.device_id, []).append(one)
        return devices


def one_command(wanted: IssueCommandInput, now: datetime) -> Asking:
    """ApiError INVALID_INPUT where the input cannot be understood."""
    alone = CommandInput(device_id=wanted.device_id, actuator_id=wanted.actuator_id, command=wanted.command, value=wanted.value)
    return _asking(wanted, [alone], OnFailure.LEAVE, now, is_remembered=wanted.correlation_id is not None)


def several_commands(wanted: IssueCommandsInput, limits: Limits, now: datetime) -> Asking:
    """ApiError INVALID_INPUT where the input cannot be understood, LIMIT_EXCEEDED for too many commands."""
    if len(wanted.commands) > limits.commands:
        raise limit_error("commands in one request", limits.commands, len(wanted.commands))
    if not wanted.commands:
        raise ApiError(ErrorCode.INVALID_INPUT, "name at least one command")
    return _asking(wanted, wanted.commands, OnFailure(wanted.on_failure.word), now, is_remembered=True)


def _asking(
    wanted: IssueCommandInput | IssueCommandsInput,
    commands: Sequence[CommandInput],
    on_failure: OnFailure,
    now: datetime,
    *,
    is_remembered: bool,
) -> Asking:
    correlation_id = secrets.token_hex(16) if wanted.correlation_id is None else str(wanted.correlation_id)
    devices = (id_problem("deviceId", str(one.device_id)) for one in commands)
    problem = id_problem("correlationId", correlation_id) or next(filter(None, devices), None)
    if problem is not None:
        raise ApiError(ErrorCode.INVALID_INPUT, problem)
    hold = wanted.when_offline is WhenOffline.HOLD
    cause = _event(wanted.causation_id)
    asked = [_asked(correlation_id, index, one) for index, one in enumerate(commands)]
    return Asking(
        correlation_id=correlation_id,
        is_remembered=is_remembered,
        commands=asked,
        deadline=_deadline(wanted, now),
        hold=hold,
        on_failure=on_failure,
        causation_id=cause,
        digest=_digest(asked, _time_said(wanted), hold, on_failure.value, cause),
    )


def _asked(correlation_id: str, index: int, one: CommandInput) -> AskedCommand:
    return AskedCommand(
        command_id=command_id(correlation_id, index),
        device_id=str(one.device_id),
        actuator_id=str(one.actuator_id),
        command=one.command,
        value=_scalar(one.value),
    )


def command_id(correlation_id: str, index: int) -> str:
    """The id of the command that stands at that place of a request."""
    return format_event_id(content_event_id(None, "command", correlation_id, str(index)))


def _deadline(wanted: IssueCommandInput | IssueCommandsInput, now: datetime) -> datetime:
    if wanted.deadline is not None and wanted.timeout is not None:
        raise ApiError(ErrorCode.INVALID_INPUT, "say either `deadline` or `timeout`: both tell until when")
    if wanted.deadline is not None:
        return wanted.deadline.astimezone(UTC)
    timeout = _TIMEOUT if wanted.timeout is None else wanted.timeout
    try:
        return now + timeout
    except OverflowError:
        raise ApiError(ErrorCode.INVALID_INPUT, "timeout is longer than time lasts") from None


def _time_said(wanted: IssueCommandInput | IssueCommandsInput) -> str | float:
    """As it was said: a timeout is the same input whenever it is sent again."""
    if wanted.deadline is not None:
        return format_time(wanted.deadline)
    return (_TIMEOUT if wanted.timeout is None else wanted.timeout).total_seconds()


def _scalar(value: object) -> Scalar | None:
    if value is None or isinstance(value, str | bool):
        return value
    return float(value)  # type: ignore[arg-type]  # the scalar StateValue lets numbers alone through


def _event(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return format_event_id(parse_event_id(text))
    except ValueError:
        raise ApiError(ErrorCode.INVALID_INPUT, f"causationId {text[:64]!r} is no id of an event") from None


def _digest(commands: Sequence[AskedCommand], *rest: object) -> str:
    said = [(one.device_id, one.actuator_id, one.command, one.value) for one in commands]
    return sha256(msgspec.json.encode((said, *rest))).hexdigest()
