"""What the `readings` subscription says: a reading, progress, or a gap, each with the cursor to go on from."""

from typing import Annotated, TypeAlias

import strawberry

from api.cursors import ResumePoint
from api.fields import computed, described
from api.scalars import CursorText
from api.types.reading import Reading, live_reading
from schema.envelope import RecordedEvent
from schema.events import SensorReading

_CURSOR = "Where to go on: give it as `after`, and nothing is missed and nothing comes twice."


@strawberry.type(description="A reading was recorded.")
class ReadingReceived:
    point: strawberry.Private[ResumePoint]
    recorded: strawberry.Private[RecordedEvent]
    event: strawberry.Private[SensorReading]
    name: strawberry.Private[str]

    @computed(_CURSOR)
    def cursor(self) -> CursorText:
        return CursorText(self.point.encode())

    @computed("The reading.")
    def reading(self) -> Reading:
        return live_reading(self.recorded, self.event, self.name)


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
