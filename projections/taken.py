"""What the raw history takes from the log: readings as rows, and the decisions that change what is made of them."""

from domain.corrections import EVER, FOR_EVER
from domain.raw_rows import RawRows, RawRowsTaken
from projections.feed_queries import FeedPage
from projections.incoming import Corrected, Item, Zoned
from schema.envelope import RecordedEvent, decode_metadata
from schema.events import ReadingCorrection, SensorReading, SiteDefined
from schema.times import to_micros


class Taken:
    """Pages of the log. `sites` is told where each device speaks from that is not known there yet."""

    def __init__(self, sites: dict[str, str | None]) -> None:
        self.rows = RawRowsTaken()
        self._sites = sites
        self._decisions: list[tuple[int, Corrected | Zoned]] = []

    def __len__(self) -> int:
        return len(self.rows) + len(self._decisions)

    def take(self, page: FeedPage) -> None:
        for fed in page.events:
            recorded, event = fed.recorded, fed.event
            if isinstance(event, SensorReading):
                if event.device_id not in self._sites:
                    self._sites[event.device_id] = decode_metadata(recorded.metadata).site
                self.rows.add(
                    event.device_id,
                    event.sensor_id,
                    event.reading,
                    event.units,
                    quality=event.quality,
                    time_us=to_micros(event.timestamp),
                    event_id=recorded.id,
                    recorded_us=recorded.recorded_us,
                    revision=recorded.revision,
                    position=recorded.position,
                )
            elif isinstance(event, ReadingCorrection):
                self._decisions.append((len(self.rows), _corrected(recorded, event)))
            elif isinstance(event, SiteDefined):
                self._decisions.append((len(self.rows), Zoned(event.site_id, recorded.position)))

    def in_order(self, rows: RawRows) -> list[Item]:
        """`rows` are those that were taken; each decision comes after those that the log has before it."""
        items: list[Item] = []
        start = 0
        for end, decision in [*self._decisions, (len(rows), None)]:
            if start < end:
                items.append(rows.only(slice(start, end)))
                start = end
            if decision is not None:
                items.append(decision)
        return items


def _corrected(recorded: RecordedEvent, event: ReadingCorrection) -> Corrected:
    start = EVER if event.start is None else to_micros(event.start)
    end = FOR_EVER if event.end is None else to_micros(event.end)
    return Corrected(event.device_id, event.sensor_id, event.metric, start, end, recorded.recorded_us, recorded.position)
