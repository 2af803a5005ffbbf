"""Rows of the history as they are read, and the same as they are written."""

from collections.abc import Iterable, Iterator

from adapters.history.port import HistoryRow
from domain.raw_rows import RawRows, RawRowsTaken


def raw_rows(rows: Iterable[HistoryRow]) -> RawRows:
    """As they are written."""
    taken = RawRowsTaken()
    for row in rows:
        taken.add(
            row.device,
            row.sensor,
            {row.metric: row.value},
            {} if row.unit is None else {row.metric: row.unit},
            quality=row.quality,
            time_us=row.timestamp_us,
            event_id=row.event_id,
            recorded_us=row.recorded_us,
            revision=row.revision,
            position=row.position,
        )
    return taken.rows()


def history_rows(rows: RawRows) -> Iterator[HistoryRow]:
    """As they are read."""
    return (HistoryRow(*row) for row in rows.each())
