"""Judging what somebody asks actuators for, by the control state of a device and what the latest state says."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import reduce
from typing import Final

from api.asking import AskedCommand, Asking
from api.refusals import reason_kept, refusal
from api.scope import Sight
from domain.advice import Advice
from domain.command_decider import CommandRefusal, CommandRefused, Wanted, issue
from domain.command_outcomes import ended
from domain.commands import requested
from domain.control import Control, fold
from schema.commands import Outcome
from schema.events import ActuatorCommand, Event

_OVER: Final = CommandRefused(CommandRefusal.TOO_LATE, "its request had ended before it was asked for")


class Judge:
    """Of one request; `deadline` is that under which it stands, `sight` what is seen by who asks."""

    def __init__(
        self, asking: Asking, deadline: datetime, advice: Advice, clock: Callable[[], datetime], sight: Sight | None
    ) -> None:
        self._asking = asking
        self._deadline = deadline
        self._advice = advice
        self._clock = clock
        self._sight = sight

    def allowed(self, control: Control, commands: Sequence[AskedCommand]) -> list[Event]:
        """All of them asked for, each judged by those before; ApiError where one cannot be now."""
        follows: list[Event] = []
        for one in commands:
            event = self._judged(reduce(fold, follows, control), one)
            if isinstance(event, CommandRefused):
                raise refusal(event, self._sight)
            follows.append(event)
        return follows

    def settled(
        self, control: Control, commands: Sequence[AskedCommand], done: Collection[str | None], *, is_over: bool
    ) -> list[Event]:
        """What is still to be asked for of a request that stands. What cannot be any more ends at once."""
        follows: list[Event] = []
        for one in commands:
            so_far = reduce(fold, follows, control)
            if one.command_id not in done and not so_far.was_asked(one.command_id):
                event = _OVER if is_over else self._judged(so_far, one)
                follows += self._ended_at_once(one, event) if isinstance(event, CommandRefused) else [event]
        return follows

    def _judged(self, control: Control, one: AskedCommand) -> ActuatorCommand | CommandRefused:
        wanted = Wanted(
            command_id=one.command_id,
            device_id=one.device_id,
            actuator_id=one.actuator_id,
            command=one.command,
            value=one.value,
            correlation_id=self._asking.correlation_id,
            deadline=self._deadline,
            hold=self._asking.hold,
        )
        return issue(control, wanted, self._advice, self._clock())

    def _ended_at_once(self, one: AskedCommand, refused: CommandRefused) -> list[Event]:
        now = self._clock()
        event = ActuatorCommand(
            device_id=one.device_id,
            actuator_id=one.actuator_id,
            timestamp=now,
            command=one.command,
            value=one.value,
            correlation_id=self._asking.correlation_id,
            command_id=one.command_id,
            deadline=self._deadline,
            hold=self._asking.hold,
        )
        command = requested(event)
        assert command is not None, "it has an id and a deadline"  # noqa: S101 - for the type checker
        outcome = Outcome.EXPIRED if refused.why is CommandRefusal.TOO_LATE else Outcome.REJECTED
        return [event, ended(command, outcome, now, reason_kept(refused))]
