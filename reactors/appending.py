"""What reactors append: at the revisions that they judged by, and taken into the situation at once."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from secrets import token_bytes
from typing import Final

import msgspec
import structlog

from adapters.event_log.port import Append, Appended, Conflict, EventLog, LogUnavailableError
from reactors.clock import Clock
from reactors.facts import ONLY, Fact
from reactors.metrics import ReactorMetrics
from reactors.situation import Situation
from schema.envelope import Metadata, NewEvent
from schema.events import Event
from schema.ids import content_event_id, format_event_id
from schema.registry import REGISTRY

_SOURCE: Final = "reactor"
_TAIL: Final = 500


class Step(msgspec.Struct, frozen=True):
    """An event to be appended, what it belongs to, and the id of the event that it follows from."""

    stream: str
    event: Event
    correlation_id: str | None
    causation_id: str | None


class Appending:
    """Appends to one log. While the log is away it asks again: what was stored without an answer is answered then.

    Ids are made of the content and of a mark of this process, so a success is always its own.
    """

    def __init__(self, log: EventLog, clock: Clock, metrics: ReactorMetrics, *, retry_seconds: float = 1.0) -> None:
        self._log = log
        self._clock = clock
        self._metrics = metrics
        self._retry_seconds = retry_seconds
        self._mark = token_bytes(8)

    async def append(self, situation: Situation, steps: Iterable[Step]) -> set[str]:
        """Append each stream's steps, all or none; the streams that took theirs. Others were written by somebody else first."""
        ordered = sorted(steps, key=attrgetter("stream"))
        groups = [list(group) for _, group in groupby(ordered, key=attrgetter("stream"))]
        if not groups:
            return set()
        appends = [self._append(situation.revision(group[0].stream), group) for group in groups]
        results = await self._asked(appends)
        for append, group, result in zip(appends, groups, results, strict=True):
            if isinstance(result, Conflict):
                await self._look(situation, append.stream, result.current)
            else:
                self._take_in(situation, append, group)
        return {append.stream for append, result in zip(appends, results, strict=True) if isinstance(result, Appended)}

    def _append(self, expected: int, steps: Sequence[Step]) -> Append:
        return Append(steps[0].stream, expected, [self._packed(step, expected + 1 + at) for at, step in enumerate(steps)])

    def _packed(self, step: Step, revision: int) -> NewEvent:
        event, kind = step.event, REGISTRY.name_of(step.event)
        metadata = Metadata(
            schema_version=REGISTRY.version_of(event),
            source=_SOURCE,
            received_at=self._clock.now(),
            correlation_id=step.correlation_id,
            causation_id=step.causation_id,
        )
        content = msgspec.json.encode(event)
        return REGISTRY.pack(content_event_id(None, self._mark, step.stream, str(revision), kind, content), event, metadata)

    async def _asked(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        while True:
            try:
                return await self._log.append(appends)
            except LogUnavailableError as error:
                structlog.get_logger().warning("reactors_wait_for_the_log", reason=str(error))
                await self._clock.sleep(self._retry_seconds)

    def _take_in(self, situation: Situation, append: Append, steps: Sequence[Step]) -> None:
        now = self._clock.now()
        for at, (step, new) in enumerate(zip(steps, append.events, strict=True)):
            self._metrics.appended(step.event)
            situation.take(Fact(step.stream, append.expected + 1 + at, format_event_id(new.id), step.event, now))

    async def _look(self, situation: Situation, stream: str, current: int) -> None:
        """What else is there will be handed over by the log, unless it is nothing that reactors read."""
        tail = await self._log.read_stream(stream, start=situation.revision(stream) + 1, limit=_TAIL)
        if not any(recorded.type in ONLY.types for recorded in tail):
            situation.skip_to(stream, tail[-1].revision if tail else current)
