"""Where in time a reading's point stands.

Series and time are all that InfluxDB knows a point by, so two readings of one instant must stand a little apart: within their
millisecond, each where its event id tells, which is a hash.
"""

from typing import Final

from schema.ids import EventId

SLOTS: Final = 1_000_000
"""Nanoseconds of a millisecond: so many readings of one series fit into it."""
_SECOND_US: Final = 1_000_000
_SECOND_NS: Final = 1_000_000_000
_FIRST_SECOND, _LAST_SECOND = -9_223_371_000, 9_223_371_000
_YEAR_0, _YEAR_10000 = -62_167_219_200, 253_402_300_800
"""No time lies beyond; and each second between has a nanosecond of its own."""
FIRST_MS: Final = -9_223_372_036_854
LAST_MS: Final = 9_223_372_036_853
"""What InfluxDB can tell, some years from 1677 to 2262. What lies beyond stands in the last millisecond that it knows."""


def point_ms(timestamp_us: int) -> int:
    """The millisecond in which a reading of that instant stands."""
    return min(max(timestamp_us // 1000, FIRST_MS), LAST_MS)


def first_slot(event_id: EventId) -> int:
    """Where it stands within its millisecond, if no other does. The last bytes are a hash in every event id."""
    return int.from_bytes(event_id[10:]) % SLOTS


def window_ns(start_us: int) -> int:
    """Where a window stands. Those beyond what InfluxDB can tell stand at its ends, a nanosecond for each second."""
    second = min(max(start_us // _SECOND_US, _YEAR_0), _YEAR_10000)
    if second > _LAST_SECOND:
        return _LAST_SECOND * _SECOND_NS + second - _LAST_SECOND
    if second < _FIRST_SECOND:
        return _FIRST_SECOND * _SECOND_NS + second - _FIRST_SECOND
    return second * _SECOND_NS


def span_ns(start_us: int | None, end_us: int | None) -> tuple[int, int]:
    """From when to before when the points of [start, end) stand."""
    first = FIRST_MS if start_us is None else point_ms(start_us)
    last = LAST_MS if end_us is None else point_ms(end_us - 1)
    return first * SLOTS, (last + 1) * SLOTS
