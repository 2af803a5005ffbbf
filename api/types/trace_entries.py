"""From events to the entries of a trace."""

from datetime import datetime
from typing import Any, Final

import msgspec
import strawberry

from api.scalars import CursorText, id_or_none, state_or_none
from api.types.enums import AnswerResult, CommandState, OnFailure
from api.types.reading import Reading, live_reading
from api.types.trace import TracedAnswer, TracedCommand, TracedEnd, TracedEvent, TracedReading, TracedRequest, TracedStep
from api.types.trace_words import words_of
from domain.commands import state_of
from projections.decision_queries import DecisionQueries
from projections.shown import shown
from schema.commands import CommandEnded, CommandsRequested, CommandStep, RequestEnded
from schema.envelope import Cursor, RecordedEvent, decode_metadata
from schema.events import ActuatorCommand, ActuatorEvent, CommandAck, Event, SensorReading
from schema.ids import format_event_id
from schema.registry import REGISTRY, UnknownEventTypeError
from schema.times import to_micros

Entry = TracedReading | TracedRequest | TracedCommand | TracedStep | TracedAnswer | TracedEnd | TracedEvent
_UNREADABLE: Final = (UnknownEventTypeError, msgspec.DecodeError)
_RESULTS: Final = {str(result.value): result for result in AnswerResult}


class Recorded(msgspec.Struct, frozen=True):
    """An event of a trace. `event` is None where it cannot be read; `cause` is what it follows from."""

    recorded: RecordedEvent
    event: Event | None
    actor: str | None
    cause: str | None


def opened(recorded: RecordedEvent) -> Recorded:
    try:
        event: Event | None = REGISTRY.unpack(recorded)
    except _UNREADABLE:
        event = None
    try:
        metadata = decode_metadata(recorded.metadata)
    except msgspec.DecodeError:
        return Recorded(recorded, event, None, None)
    return Recorded(recorded, event, metadata.actor, metadata.causation_id)


class Entries:
    """Makes entries, one after the other, in the order of the trace."""

    def __init__(self, log_id: str, decisions: DecisionQueries) -> None:
        self._log_id = log_id
        self._decisions = decisions
        self._steps: dict[str, str] = {}
        self._ended: set[str] = set()

    def entry(self, one: Recorded, *, after: bool = False) -> Entry:
        """`after` says of a reading that it was measured after an effect."""
        common = self._common(one)
        match one.event:
            case SensorReading() as reading:
                return TracedReading(**common, readings=self._readings(one.recorded, reading), after=after)
            case CommandsRequested() | RequestEnded() as event:
                return _of_request(event, common)
            case ActuatorCommand(command_id=str()) as asked:
                return self._command(asked, common)
            case CommandStep() as step:
                return self._step(step, common)
            case CommandAck() | ActuatorEvent(command_id=str()) as answer:
                return self._answer(answer, common)
        return TracedEvent(**common, stream=one.recorded.stream, text=words_of(one.event))

    def _common(self, one: Recorded) -> dict[str, Any]:
        recorded = one.recorded
        at = getattr(one.event, "timestamp", None)
        return {
            "event_id": strawberry.ID(format_event_id(recorded.id)),
            "type": recorded.type,
            "at": at if isinstance(at, datetime) else recorded.recorded_at,
            "recorded_at": recorded.recorded_at,
            "causation_id": id_or_none(one.cause),
            "actor": one.actor,
            "cursor": CursorText(Cursor(self._log_id, recorded.position).encode()),
        }

    def _readings(self, recorded: RecordedEvent, event: SensorReading) -> list[Reading]:
        moment = to_micros(event.timestamp)
        found = []
        for metric, value in event.reading.items():
            corrections = self._decisions.corrections(event.device_id, event.sensor_id, metric)
            found.append(live_reading(recorded, event, metric, shown(metric, value, event.quality, moment, corrections)))
        return found

    def _command(self, asked: ActuatorCommand, common: dict[str, Any]) -> TracedCommand:
        command_id = str(asked.command_id)
        self._steps[command_id] = common["event_id"]
        return TracedCommand(
            **common,
            command_id=strawberry.ID(command_id),
            device_id=strawberry.ID(asked.device_id),
            actuator_id=strawberry.ID(asked.actuator_id),
            command=asked.command,
            value=state_or_none(asked.value),
            sets_back=id_or_none(asked.sets_back),
        )

    def _step(self, step: CommandStep, common: dict[str, Any]) -> TracedStep:
        self._steps[step.command_id] = common["event_id"]
        ended = step if isinstance(step, CommandEnded) else None
        if ended is not None:
            self._ended.add(step.command_id)
        return TracedStep(
            **common,
            command_id=strawberry.ID(step.command_id),
            device_id=strawberry.ID(step.device_id),
            actuator_id=strawberry.ID(step.actuator_id),
            state=CommandState(state_of(step).value),
            reason=None if ended is None else ended.reason,
            reached_state=None if ended is None else state_or_none(ended.state),
        )

    def _answer(self, answer: CommandAck | ActuatorEvent, common: dict[str, Any]) -> TracedAnswer:
        """A device does not say what it follows from: it is what became of the command before."""
        command_id = str(answer.command_id)
        cause = common["causation_id"] or id_or_none(self._steps.get(command_id))
        return TracedAnswer(
            **{**common, "causation_id": cause},
            command_id=strawberry.ID(command_id),
            device_id=strawberry.ID(answer.device_id),
            actuator_id=strawberry.ID(answer.actuator_id) if isinstance(answer, ActuatorEvent) else None,
            result=_RESULTS.get(answer.result) if isinstance(answer, CommandAck) else None,
            state=state_or_none(answer.state),
            reason=answer.reason,
            late=command_id in self._ended,
        )


def _of_request(request: CommandsRequested | RequestEnded, common: dict[str, Any]) -> TracedRequest | TracedEnd:
    if isinstance(request, RequestEnded):
        left, back = (list(map(strawberry.ID, ids)) for ids in (request.left, request.set_back))
        return TracedEnd(**common, succeeded=request.succeeded, set_back=back, left=left)
    return TracedRequest(
        **common,
        command_ids=[strawberry.ID(one.command_id) for one in request.commands],
        deadline=request.deadline,
        on_failure=OnFailure(request.on_failure.value),
    )
