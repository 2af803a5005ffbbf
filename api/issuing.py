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
from api.judging import Judge
from api.notices import concerning, sending_notice
from api.scalars import CursorText
from api.types.command import command
from api.types.command_inputs import IssueCommandInput, IssueCommandsInput
from api.types.command_results import IssueCommandsSuccess, IssueCommandSuccess
from api.visibility import COMMANDS
from api.writes import Cause, Change, Decide, Known
from domain.control import Control, fold
from domain.decisions import Decision, Refusal, Refused
from projections.advice import LatestAdvice
from projections.command_queries import CommandView, KnownControl
from schema.actuators import Scalar
from schema.commands import CommandsRequested, RequestedCommand, RequestEnded
from schema.envelope import Cursor
from schema.events import ActuatorCommand, Event
from schema.ids import format_event_id


class Issued(msgspec.Struct, frozen=True):
    """The commands in the order of the request, as they stand, and from where on they can be seen."""

    views: Sequence[CommandView]
    cursor: CursorText
    notice: str | None


async def issue_command(context: Context, wanted: IssueCommandInput) -> IssueCommandSuccess:
    issued = await Issuing(context, one_command(wanted, context.services.clock())).run()
    return IssueCommandSuccess(command=command(issued.views[0]), cursor=issued.cursor, notice=issued.notice)


async def issue_commands(context: Context, wanted: IssueCommandsInput) -> IssueCommandsSuccess:
    asking = several_commands(wanted, context.services.limits, context.services.clock())
    issued = await Issuing(context, asking).run()
    return IssueCommandsSuccess(
        correlation_id=strawberry.ID(asking.correlation_id),
        commands=[command(view) for view in issued.views],
        cursor=issued.cursor,
        notice=issued.notice,
    )


class Issuing:
    """One request of one operation. ApiError where it is refused, or was another one under that correlation id."""

    def __init__(self, context: Context, asking: Asking) -> None:
        services = context.services
        self._context = context
        self._asking = asking
        whole = services.whole or services
        self._commands, self._advice = whole.commands, LatestAdvice(whole.latest)
        self._before: dict[str, Control] = {}
        self._notice: str | None = None

    async def run(self) -> Issued:
        for one in self._asking.commands:
            self._context.services.require_device(one.device_id)
        self._notice = await sending_notice(self._context.services)
        if not self._asking.is_remembered:
            return await self._seen([await self._at_once()], self._asking.causation_id)
        if not await self._is_known():
            await self._look_first()
        request = await self._remember()
        changes = [await self._settle(device_id, request) for device_id in self._asking.by_device()]
        return await self._seen(changes, format_event_id(request.ids[0]))

    async def _at_once(self) -> Change:
        """A single command, of which nothing is remembered but itself."""
        [device_id] = self._asking.by_device()
        known = await self._commands.control(device_id)
        judge = self._judge(self._asking.deadline)

        def asked(events: Sequence[Event]) -> Decision:
            return judge.allowed(reduce(fold, events, known.control), self._asking.commands)

        return await self._change(known, asked, self._asking.causation_id)

    async def _is_known(self) -> bool:
        """Whether the request stands already."""
        return bool(await self._context.services.log.read_stream(self._stream, limit=1))

    async def _look_first(self) -> None:
        """As `_look`, unless the same was asked for meanwhile: then it is that which would be in the way."""
        try:
            await self._look()
        except ApiError:
            if not await self._is_known():
                raise

    async def _look(self) -> None:
        """ApiError where not all of them can be asked for now. Nothing is appended."""
        judge = self._judge(self._asking.deadline)
        for device_id, wanted in self._asking.by_device().items():
            known = await self._commands.control(device_id)
            if any(await self._commands.find([one.command_id for one in wanted])):
                raise ApiError(ErrorCode.CONFLICT, f"the correlation id {self._asking.correlation_id!r} is another command's")

            def judged(
                events: Sequence[Event], control: Control = known.control, wanted: Sequence[AskedCommand] = wanted
            ) -> Decision:
                control = self._before[control.device_id] = reduce(fold, events, control)
                judge.allowed(control, wanted)
                return []

            await self._context.writer.consider(f"control-{device_id}", judged, known=_stands(known))

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

    async def _settle(self, device_id: str, request: Change) -> Change:
        """Append those of the device that were not asked for yet. It is known first from where on, then what was before."""
        wanted = self._asking.by_device()[device_id]
        known = await self._commands.control(device_id)
        found = await self._commands.find([one.command_id for one in wanted])
        before = {view.command.id for view in found if view is not None}
        judge = self._judge(_asked(request).deadline)
        is_over = any(isinstance(event, RequestEnded) for event in request.events)

        def settled(events: Sequence[Event]) -> Decision:
            done = before | {event.command_id for event in events if isinstance(event, ActuatorCommand)}
            return judge.settled(reduce(fold, events, known.control), wanted, done, is_over=is_over)

        return await self._change(known, settled, format_event_id(request.ids[0]))

    async def _change(self, known: KnownControl, decide: Decide, causation_id: str | None) -> Change:
        cause = Cause(self._asking.correlation_id, causation_id)
        stream, actor = f"control-{known.control.device_id}", self._context.principal.actor
        return await self._context.writer.change(stream, actor, decide, known=_stands(known), cause=cause)

    async def _seen(self, changes: Sequence[Change], cause: str | None) -> Issued:
        """The commands as the read model shows them, given that it had its time; else as they were asked for."""
        position = max((change.position for change in changes if change.position is not None), default=None)
        if position is not None:
            await self._context.visibility.settle(COMMANDS, position)
        ids = [one.command_id for one in self._asking.commands]
        found = await self._commands.find(ids)
        actor = self._context.principal.actor
        views = [view or issued_view(changes, command_id, actor, cause) for command_id, view in zip(ids, found, strict=True)]
        return Issued(
            views, CursorText(Cursor(self._context.services.log.log_id, position).encode()), concerning(self._notice, views)
        )

    def _request(self) -> CommandsRequested:
        asking = self._asking
        return CommandsRequested(
            correlation_id=asking.correlation_id,
            digest=asking.digest,
            timestamp=self._context.services.clock(),
            deadline=asking.deadline,
            commands=tuple(map(self._requested_command, asking.commands)),
            on_failure=asking.on_failure,
            hold=asking.hold,
        )

    def _requested_command(self, one: AskedCommand) -> RequestedCommand:
        return RequestedCommand(
            command_id=one.command_id,
            device_id=one.device_id,
            actuator_id=one.actuator_id,
            command=one.command,
            value=one.value,
            before=self._state_before(one),
        )

    def _state_before(self, one: AskedCommand) -> Scalar | None:
        """What a command has just come to, which the device may not have told of; else the state that it told last."""
        set_to = self._before[one.device_id].just_set_to(one.actuator_id, self._context.services.clock())
        told = self._advice.actuator(one.device_id, one.actuator_id)
        return set_to if set_to is not None or told is None else told.value

    def _judge(self, deadline: datetime) -> Judge:
        services = self._context.services
        return Judge(self._asking, deadline, self._advice, services.clock, services.sight)

    @property
    def _stream(self) -> str:
        return f"request-{self._asking.correlation_id}"


def _stands(known: KnownControl) -> Known:
    return Known(known.revision, known.position)


def _asked(request: Change) -> CommandsRequested:
    first = request.events[0]
    assert isinstance(first, CommandsRequested), "the decision saw to it"  # noqa: S101 - for the type checker
    return first
