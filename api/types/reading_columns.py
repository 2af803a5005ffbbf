"""Raw readings of a series as columns."""

from datetime import datetime
from typing import Final

import strawberry

from adapters.history.port import SeriesKey
from api.fields import column, described
from api.scalars import CursorText
from api.types.enums import Quality
from api.types.reading import finites
from domain.columns import Int8
from domain.rows import QUALITIES
from projections.export_tables import event_ids
from projections.reading_columns import ReadingColumns as Read
from projections.shown import VERDICTS
from schema.times import from_micros

_QUALITIES: Final = [Quality(quality.value) for quality in QUALITIES]


@strawberry.type(
    description="Raw readings of one series as columns: lists of the same length, in the order of time. "
    "What each holds is what the field of a `Reading` holds."
)
class ReadingColumns:
    read: strawberry.Private[Read]
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID = described("The sensor.")
    metric: str = described("The metric.")
    unit: str | None = described("The unit of all values.")
    next: datetime | None = described("There is more: give this as `from` to go on. Null: this is all up to `to`.")
    live_cursor: CursorText = described(
        "Where the `readings` subscription goes on. Nothing is missed with it; what came while this was read may come again."
    )

    @column("When each was measured.")
    def times(self) -> list[datetime]:
        return [from_micros(time) for time in self.read.times.tolist()]

    @column("The values as they count: as sent, or as corrected.")
    def values(self) -> list[float | None]:
        return finites(self.read.values)

    @column("How far each can be trusted.")
    def qualities(self) -> list[Quality]:
        return _words(self.read.quality)

    @column("The values that the device sent; null where an index was calculated.")
    def originals(self) -> list[float | None]:
        return finites(self.read.originals)

    @column("The device's own word of each.")
    def device_qualities(self) -> list[Quality]:
        return _words(self.read.own_quality)

    @column("Why our checks find a value wrong; null where not.")
    def verdicts(self) -> list[str | None]:
        return [VERDICTS[code] for code in self.read.verdicts.tolist()]

    @column("The correction that touched each last; null where none did.")
    def corrections(self) -> list[strawberry.ID | None]:
        ids = [*map(strawberry.ID, self.read.corrections), None]  # the last is that of UNTOUCHED, which is -1
        return [ids[place] for place in self.read.touched.tolist()]

    @column("The event that holds each.")
    def event_ids(self) -> list[strawberry.ID]:
        found: list[strawberry.ID] = event_ids(self.read.ids).to_pylist()
        return found


def reading_columns(key: SeriesKey, unit: str | None, read: Read, live_cursor: CursorText) -> ReadingColumns:
    return ReadingColumns(
        read=read,
        device_id=strawberry.ID(key.device),
        sensor_id=strawberry.ID(key.sensor),
        metric=key.metric,
        unit=unit,
        next=None if read.next_us is None else from_micros(read.next_us),
        live_cursor=live_cursor,
    )


def _words(codes: Int8) -> list[Quality]:
    return [_QUALITIES[code] for code in codes.tolist()]
