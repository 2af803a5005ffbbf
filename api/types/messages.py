"""What the `readings` subscription says: a reading, progress, or a gap, each with the cursor to go on from."""

from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec
import strawberry

from api.cursors import ResumePoint, SeriesName
from api.fields import computed, described
from api.scalars import CursorText
from api.types.reading import Reading, latest_reading, live_reading
from domain.corrections import Correction
from projections.latest_queries import LatestReading
from projections.shown import shown
from schema.envelope import RecordedEvent
from schema.events import Clock, SensorReading
from schema.ids import EventId
from schema.times import to_micros

_CURSOR = "Where to go on: give it as `after`, and nothing is missed and nothing comes twice."


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """A value as it was recorded."""

    recorded: RecordedEvent
    event: SensorReading
    metric: str
    corrections: Sequence[Correction]

    @property
    def series(self) -> SeriesName:
        return self.event.device_id, self.event.sensor_id, self.metric

    @property
    def age(self) -> tuple[bool, datetime, EventId]:
        """What is greater of what is newer: of clocks that can be believed before all others."""
        return self.event.clock is Clock.OK, self.event.timestamp, self.recorded.id

    def version(self) -> Hashable:
        """What else than its place in the log decides what is shown of it."""
        return tuple(correction.id for correction in self.corrections)

    def reading(self) -> Reading:
        event = self.event
        now = shown(self.metric, event.reading[self.metric], event.quality, to_micros(event.timestamp), self.corrections)
        return live_reading(self.recorded, event, self.metric, now)


class Present(msgspec.Struct, frozen=True, gc=False):
    """The latest value of a series."""

    device: str
    latest: LatestReading

    def version(self) -> Hashable:
        return self.latest.event_id, self.latest.value, self.latest.correction

    def reading(self) -> Reading:
        return latest_reading(self.device, self.latest)


@strawberry.type(description="A reading was recorded, or, with `initial`, is the latest of its series.")
class ReadingReceived:
    point: strawberry.Private[ResumePoint]
    told: strawberry.Private[Recorded | Present]
    conflated: int = described(
        "How many readings of its series came since the last message of it and are not sent, with `everyMs`; else 0."
    )

    def version(self) -> Hashable:
        """What else than its place decides what is shown."""
        return self.conflated, self.told.version()

    @computed(_CURSOR)
    def cursor(self) -> CursorText:
        return CursorText(self.point.encode())

    @computed("The reading.")
    def reading(self) -> Reading:
        return self.told.reading()


class Together:
    """Messages that come at one time, and are sent one by one: what hands them on does so once.

    `payloads` are those of the first few who are told the same.
    """

    __slots__ = ("messages", "payloads")

    def __init__(self, messages: Sequence[ReadingReceived]) -> None:
        self.messages = messages
        self.payloads: dict[Hashable, Sequence[str]] = {}


@strawberry.type(description="The log moved on with nothing that was asked for; with `initial`, the present state is whole.")
class ReadingProgress:
    cursor: CursorText = described(_CURSOR)


@strawberry.type(
    description="Something may have been missed, and what follows is complete; or it ends here, since its reader is too slow."
)
class ReadingGap:
    cursor: CursorText = described(_CURSOR)
    reason: str = described("What is missing, or why it ends.")


ReadingMessage: TypeAlias = Annotated[
    ReadingReceived | ReadingProgress | ReadingGap,
    strawberry.union("ReadingMessage", description="A reading, progress or a gap, each with a cursor."),
]
