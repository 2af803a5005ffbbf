"""What the `readings` subscription says: a reading, progress, or a gap, each with the cursor to go on from."""

from collections.abc import Hashable, Sequence
from typing import Annotated, TypeAlias

import strawberry

from api.cursors import ResumePoint
from api.fields import computed, described
from api.scalars import CursorText
from api.types.reading import Reading, live_reading
from domain.corrections import Correction
from projections.shown import shown
from schema.envelope import RecordedEvent
from schema.events import SensorReading
from schema.times import to_micros

_CURSOR = "Where to go on: give it as `after`, and nothing is missed and nothing comes twice."


@strawberry.type(description="A reading was recorded.")
class ReadingReceived:
    point: strawberry.Private[ResumePoint]
    recorded: strawberry.Private[RecordedEvent]
    event: strawberry.Private[SensorReading]
    name: strawberry.Private[str]
    corrections: strawberry.Private[Sequence[Correction]]

    def version(self) -> Hashable:
        """What else than its place in the log decides what is shown of it."""
        return tuple(correction.id for correction in self.corrections)

    @computed(_CURSOR)
    def cursor(self) -> CursorText:
        return CursorText(self.point.encode())

    @computed("The reading.")
    def reading(self) -> Reading:
        event = self.event
        now = shown(self.name, event.reading[self.name], event.quality, to_micros(event.timestamp), self.corrections)
        return live_reading(self.recorded, event, self.name, now)


@strawberry.type(description="The log moved on with nothing that was asked for.")
class ReadingProgress:
    cursor: CursorText = described(_CURSOR)


@strawberry.type(description="Something may have been missed, and cannot be had again here. What follows is complete.")
class ReadingGap:
    cursor: CursorText = described(_CURSOR)
    reason: str = described("What is missing, and why.")


ReadingMessage: TypeAlias = Annotated[
    ReadingReceived | ReadingProgress | ReadingGap,
    strawberry.union("ReadingMessage", description="A reading, progress or a gap, each with a cursor."),
]
