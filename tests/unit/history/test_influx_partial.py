"""InfluxDB shows the fields of a point that is being written one after the other: such a point is not there yet."""

from typing import Any

from adapters.history.influx import columns, pages
from adapters.history.influx.connection import Series
from adapters.history.influx.questions import Ask
from adapters.history.port import SeriesKey, SeriesRange

TAGS = {"device": "tomato-1", "sensor": "air", "metric": "temperature"}
KEY = SeriesKey("tomato-1", "air", "temperature")
ID = "00112233445566778899aabbccddeeff"


def reading(milliseconds: int) -> list[Any]:
    """Its time, value, quality, id and exact time."""
    return [milliseconds * 1_000_000, 20.5, "good", ID, milliseconds * 1000]


def answering(*values: list[Any], **tags: str) -> Ask:
    """An InfluxDB that knows these points."""
    return lambda _: [[Series(list(values), tags)]]


def test_a_point_without_some_field_is_left_out_of_columns() -> None:
    wanted = [SeriesRange(KEY, 0, 10_000)]
    for missing in range(1, 5):
        half = reading(2)
        half[missing] = None
        assert columns.columns(answering(reading(1), half, reading(3), **TAGS), wanted).times.tolist() == [1000, 3000]
        assert columns.columns(answering(half, **TAGS), wanted).times.tolist() == []


def test_a_reading_without_some_field_but_its_unit_is_left_out_of_pages() -> None:
    whole = [1_000_000, 20.5, None, "good", ID, 7, 0, 1, 1000, "tomato-1", "air", "temperature"]
    for missing in (1, 3, 4, 5, 6, 7, 8):
        half = list(whole)
        half[missing] = None
        [page] = pages.pages(answering(whole, half))
        assert [(row.timestamp_us, row.unit) for row in page] == [(1000, None)]
