"""Issuing commands: all are judged before anything is appended; then the request, where it is remembered; then each command.

What was begun under a correlation id is gone on with, whoever asks for the same again.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce

import msgspec
import strawberry

from api.asking import AskedCommand, Asking, one_command, several_commands
from api.context import Context
from api.errors import ApiError, ErrorCode
from api.issued import issued_view
from api.refusals import refusal
from api.scalars import CursorText
from api.types.command import command
from api.types.command_inputs import IssueCommandInput, IssueCommandsInput
from api.types.command_results import IssueCommandsSuccess, IssueCommandSuccess
from api.visibility import COMMANDS
from api.writes import Cause, Change, Known
from domain.command_decider import CommandRefusal, CommandRefused, Wanted, issue
from domain.command_outcomes import ended
from domain.commands import requested
from domain.control import Control, fold
from domain.decisions import Decision, Refusal, Refused
from projections.advice import LatestAdvice
from projections.command_queries import CommandView
from schema.commands import CommandsRequested, Outcome, RequestedCommand
from schema.envelope import Cursor
from schema.events import ActuatorCommand, Event
from schema.ids import format_event_id


class Issued(msgspec.Struct, frozen=True):
    """The commands in the order of the request, as they stand, and from where on they can be seen."""

    views: Sequence[CommandView]
    cursor: CursorText


async def issue_command(context: Context, wanted: IssueCommandInput) -> IssueCommandSuccess:
    issued = await Issuing(context, one_command(wanted, context.services.clock())).run()
    return IssueCommandSuccess(command=command(issued.views[0]), cursor=issued.cursor)


async def issue_commands(context: Context, wanted: IssueCommandsInput) -> IssueCommandsSuccess:
    asking = several_commands(wanted, context.services.limits, context.services.clock())
    issued = await Issuing(context, asking).run()
    return IssueCommandsSuccess(
        correlation_id=strawberry.ID(asking.correlation_id),
        commands=[command(view) for view in issued.views],
        cursor=issued.cursor,
    )


class Issuing:
    """One request of one operation. ApiError where it is refused, or was another one under that correlation id."""

    def __init__(self, context: Context, asking: Asking) -> None:
        services = context.services
        self._context = context
        self._asking = asking
        self._commands = services.commands
        self._advice = LatestAdvice((services.whole or services).latest)
        self._changes: list[Change] = []

    async def run(self) -> Issued:
        for one in self._asking.commands:
            self._context.services.require_device(one.device_id)
        cause = self._asking.causation_id
        deadline = self._asking.deadline
        if self._asking.is_remembered:
            if not await self._is_begun():
                await self._judge()
            request = await self._remember()
            cause, deadline = format_event_id(request.ids[0]), _requested(request).deadline
        for device_id, wanted in self._asking.by_device().items():
            self._changes.append(await self._ask(device_id, wanted, deadline, Cause(self._asking.correlation_id, cause)))
        return await self._seen()

    async def _is_begun(self) -> bool:
        return bool(await self._context.services.log.read_stream(self._stream, limit=1))

    async def _judge(self) -> None:
        """ApiError where not all of them can be asked for now. Nothing is appended."""
        for device_id, wanted in self._asking.by_device().items():
            known = await self._commands.control(device_id)
            if any(await self._commands.find([one.command_id for one in wanted])):
                raise ApiError(ErrorCode.CONFLICT, f"the correlation id {self._asking.correlation_id!r} is another command's")

            def judged(
                events: Sequence[Event], control: Control = known.control, wanted: Sequence[AskedCommand] = wanted
            ) -> Decision:
                control = reduce(fold, events, control)
                for one in wanted:
                    control = fold(control, self._allowed(control, one, self._asking.deadline))
                return []

            await self._context.writer.consider(f"control-{device_id}", judged, known=Known(known.revision, known.position))

    async def _remember(self) -> Change:
        """The request as it is remembered; ApiError CONFLICT where that is another one."""
        asking = self._asking

        def remembered(events: Sequence[Event]) -> Decision:
            if not events:
                return [self._request()]
            first = events[0]
            if isinstance(first, CommandsRequested) and first.digest == asking.digest:
                return []
            message = f"something else was asked for under the correlation id {asking.correlation_id!r}: take another one"
            return Refused(Refusal.CONFLICT, message)

        cause = Cause(asking.correlation_id, asking.causation_id)
        return await self._context.writer.change(self._stream, self._context.principal.actor, remembered, cause=cause)

    def _request(self) -> CommandsRequested:
        asking = self._asking
        return CommandsRequested(
            correlation_id=asking.correlation_id,
            digest=asking.digest,
            timestamp=self._now(),
            deadline=asking.deadline,
            commands=tuple(map(self._requested_command, asking.commands)),
            on_failure=asking.on_failure,
            hold=asking.hold,
        )

    def _requested_command(self, one: AskedCommand) -> RequestedCommand:
        before = self._advice.actuator(one.device_id, one.actuator_id)
        return RequestedCommand(
            command_id=one.command_id,
            device_id=one.device_id,
            actuator_id=one.actuator_id,
            command=one.command,
            value=one.value,
            before=None if before is None else before.value,
        )

    async def _ask(self, device_id: str, wanted: Sequence[AskedCommand], deadline: datetime, cause: Cause) -> Change:
        """Append those that were not asked for yet."""
        known = await self._commands.control(device_id)
        found = await self._commands.find([one.command_id for one in wanted])
        asked_before = {view.command.id for view in found if view is not None}

        def asked(events: Sequence[Event]) -> Decision:
            control = reduce(fold, events, known.control)
            done = asked_before | {event.command_id for event in events if isinstance(event, ActuatorCommand)}
            follows: list[Event] = []
            for one in wanted:
                if one.command_id not in done and not control.was_asked(one.command_id):
                    more = self._taken(control, one, deadline)
                    control = reduce(fold, more, control)
                    follows += more
            return follows

        stands = Known(known.revision, known.position)
        stream, actor = f"control-{device_id}", self._context.principal.actor
        return await self._context.writer.change(stream, actor, asked, known=stands, cause=cause)

    def _taken(self, control: Control, one: AskedCommand, deadline: datetime) -> list[Event]:
        """Of a request that is remembered, what cannot be any more ends at once."""
        if not self._asking.is_remembered:
            return [self._allowed(control, one, deadline)]
        wanted = self._wanted(one, deadline)
        event = issue(control, wanted, self._advice, self._now())
        return _ended_at_once(wanted, event, self._now()) if isinstance(event, CommandRefused) else [event]

    def _allowed(self, control: Control, one: AskedCommand, deadline: datetime) -> ActuatorCommand:
        event = issue(control, self._wanted(one, deadline), self._advice, self._now())
        if isinstance(event, CommandRefused):
            raise refusal(event)
        return event

    def _wanted(self, one: AskedCommand, deadline: datetime) -> Wanted:
        return Wanted(
            command_id=one.command_id,
            device_id=one.device_id,
            actuator_id=one.actuator_id,
            command=one.command,
            value=one.value,
            correlation_id=self._asking.correlation_id,
            deadline=deadline,
            hold=self._asking.hold,
        )

    async def _seen(self) -> Issued:
        """The commands as the read model shows them, given that it had its time; else as they were asked for."""
        position = max((change.position for change in self._changes if change.position is not None), default=None)
        if position is not None:
            await self._context.visibility.settle(COMMANDS, position)
        found = await self._commands.find([one.command_id for one in self._asking.commands])
        actor = self._context.principal.actor
        views = [
            view or issued_view(self._changes, one.command_id, actor)
            for one, view in zip(self._asking.commands, found, strict=True)
        ]
        return Issued(views, CursorText(Cursor(self._context.services.log.log_id, position).encode()))

    @property
    def _stream(self) -> str:
        return f"request-{self._asking.correlation_id}"

    def _now(self) -> datetime:
        return self._context.services.clock()


def _requested(change: Change) -> CommandsRequested:
    first = change.events[0]
    assert isinstance(first, CommandsRequested), "the decision saw to it"  # noqa: S101 - for the type checker
    return first


def _ended_at_once(wanted: Wanted, refused: CommandRefused, now: datetime) -> list[Event]:
    event = ActuatorCommand(
        device_id=wanted.device_id,
        actuator_id=wanted.actuator_id,
        timestamp=now,
        command=wanted.command,
        value=wanted.value,
        correlation_id=wanted.correlation_id,
        command_id=wanted.command_id,
        deadline=wanted.deadline,
        hold=wanted.hold,
    )
    command = requested(event)
    assert command is not None, "it has an id and a deadline"  # noqa: S101 - for the type checker
    outcome = Outcome.EXPIRED if refused.why is CommandRefusal.TOO_LATE else Outcome.REJECTED
    return [event, ended(command, outcome, now, refused.message)]
