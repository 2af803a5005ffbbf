"""Scalars and cursors: strict on the way in, the same again on the way round."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cursors import DevicePlace, ReadingPlace, ResumePoint, decode_place, decode_resume_point, encode_place
from api.errors import ApiError, ErrorCode
from api.scalars import format_duration, parse_day, parse_duration, parse_time
from schema.envelope import Cursor, Position
from schema.times import format_time
from tests.support.api import House


@pytest.mark.parametrize(
    "text",
    ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z",
     "20260101T000000Z", "2026-01-01T00:00Z", "2026-02-30T00:00:00Z",
     "2026-01-01T25:00:00Z", "2026-01-01T00:00:60Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
     "\uff12026-01-01T00:00:00Z",
     "2026-W01-1T00:00:00Z", "", "now", "2026-01-01T00:00:00Z\n", 1, 1.5, None, True, [], {}],
)  # fmt: skip
def test_a_time_that_could_mean_another_is_refused(text: object) -> None:
    with pytest.raises(ApiError):
        parse_time(text)


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants them bare
def test_a_time_comes_back_as_it_went_out(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == moment


@pytest.mark.parametrize(
    "text",
    [
        "20260301",
        "2026-W09-7",
        "2026-3-1",
        "2026-02-29",
        "2026-03-01T00:00:00Z",
        "2026-03-01\n",
        "\uff12026-03-01",
        "",
        1,
        None,
        {},
    ],
)
def test_a_day_that_is_not_written_as_one_is_refused(text: object) -> None:
    with pytest.raises(ApiError):
        parse_day(text)


@given(st.dates())
def test_a_day_comes_back_as_it_went_out(day: date) -> None:
    assert parse_day(day.isoformat()) == day


@pytest.mark.parametrize(
    "text", ["P", "PT", "P1Y", "P1M", "PT1", "1M", "PT1S1M", "PT-1S", "P1DT", "PT1M ", "", 60, None, "PT9" + "9" * 30 + "S"]
)
def test_a_duration_without_one_length_is_refused(text: object) -> None:
    with pytest.raises(ApiError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT1M", 60), ("P1D", 86_400), ("P1W", 604_800), ("PT1H30M", 5_400), ("PT0.25S", 0.25), ("P1DT1S", 86_401)],
)
def test_a_duration_is_what_iso_8601_says(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "PT0S"),
        (0.25, "PT0.25S"),
        (30, "PT30S"),
        (90, "PT1M30S"),
        (900, "PT15M"),
        (3_600, "PT1H"),
        (3_601.5, "PT1H1.5S"),
        (5_400, "PT1H30M"),
        (86_400, "P1D"),
        (86_401, "P1DT1S"),
        (604_800, "P7D"),
    ],
)
def test_a_duration_is_told_as_people_write_it(seconds: float, text: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == text


@given(st.timedeltas(timedelta(0), timedelta(days=90_000)))
def test_a_duration_comes_back_as_it_went_out(length: timedelta) -> None:
    assert parse_duration(format_duration(length)) == length


@pytest.mark.parametrize(
    "field",
    [
        'dailySummary(deviceId: "a", date: "20260301") { count }',
        'heatMap(metric: "t", from: "2026-03-01", to: "2026-03-02T00:00:00Z") { count }',
        'series(selectors: [], from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z", window: "P1M") { metric }',
        'device(id: "a", atLeast: "nothing") { id }',
        "device(id: $id, atLeast: 5) { id }",
    ],
)
async def test_a_value_in_a_document_is_refused_with_its_place(house: House, field: str) -> None:
    head = "query ($id: ID!) { " if "$id" in field else "{ "
    [error] = (await house.answer(f"{head}{field} }}", {"id": "a"}))["errors"]
    wrong = next(part for part in ('"20260301"', '"2026-03-01"', '"P1M"', '"nothing"', "5)") if part in field)
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert error["locations"] == [{"line": 1, "column": len(head) + field.index(wrong) + 1}]


@given(st.text(max_size=40))
def test_text_that_is_no_cursor_is_refused_or_reads_as_one(text: str) -> None:
    for decode in (
        decode_resume_point,
        lambda text: decode_place(text, DevicePlace),
        lambda text: decode_place(text, ReadingPlace),
    ):
        try:
            decode(text)
        except ApiError as error:
            assert error.code is ErrorCode.INVALID_INPUT  # noqa: PT017 - either way is right, any other exception is not


@given(st.text(min_size=1, max_size=20), st.none() | st.integers(0, 2**62), st.integers(0, 99))
def test_a_cursor_comes_back_as_it_went_out(log_id: str, position: int | None, values: int) -> None:
    point = ResumePoint(Cursor(log_id, None if position is None else Position(position)), values)
    assert decode_resume_point(point.encode()) == point
    place = ReadingPlace(log_id, position, values, bytes(16), "temperature")
    assert decode_place(encode_place(place), ReadingPlace) == place
