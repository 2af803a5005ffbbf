"""Rows to write into a history."""

from adapters.history.port import HistoryRow
from schema.envelope import Position
from schema.events import Quality
from schema.ids import device_event_id

_START_US = 1_780_272_000_000_000


def some_row(number: int, *, device: str = "tomato-1", metric: str = "temperature") -> HistoryRow:
    """One a second."""
    return HistoryRow(
        device=device,
        sensor="air",
        metric=metric,
        timestamp_us=_START_US + number * 1_000_000,
        value=float(number),
        unit="degC",
        quality=Quality.GOOD,
        event_id=device_event_id(device, str(number)),
        recorded_us=_START_US + number,
        revision=number,
        position=Position(number),
    )
