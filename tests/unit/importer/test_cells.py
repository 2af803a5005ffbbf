"""Cells: numbers as loggers write them, value maps, and times in a format."""

# ruff: noqa: DTZ001, DTZ007 - a wall clock is naive

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.importer.mapping import Otherwise, ValueMap
from glasshouse.importer.time_formats import time_parser
from glasshouse.importer.values import Lookup, NotUnderstoodError, parse_number
from schema.actuators import Scalar

SECTORS: dict[str, Scalar] = {str(2**sector): 45 * sector for sector in range(8)}
FORMATS = (
    "%d/%m/%Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y.%m.%d (%H+%M)",
    "%y%m%d%H%M",
    "%m/%d/%y %I:%M:%S %p",
    "%Y-%m-%d %H:%M:%S.%f",
)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_to_the_last_bit(value: float) -> None:
    assert parse_number(repr(value)) == value
    assert parse_number(repr(value).replace(".", ","), ",") == value


@pytest.mark.parametrize("text", ["abc", "1_000", "inf", "-Infinity", "1e400", "1,5", "0x10", "12 34", "--", "1.2.3"])
def test_what_is_no_number_is_said_to_be_none(text: str) -> None:
    with pytest.raises(NotUnderstoodError, match="is not a number"):
        parse_number(text)


@pytest.mark.parametrize("text", ["1.000,5", "1.5", "1_5"])
def test_a_point_in_a_file_with_decimal_commas_is_not_guessed_at(text: str) -> None:
    with pytest.raises(NotUnderstoodError):
        parse_number(text, ",")


@given(st.integers(0, 7), st.floats(-0.0009, 0.0009))
def test_a_sector_with_float_noise_is_that_sector(sector: int, noise: float) -> None:
    lookup = Lookup(ValueMap(values=SECTORS, tolerance=0.001), ".")
    assert lookup.find(repr(2**sector + noise)) == 45 * sector


@pytest.mark.parametrize("text", ["5.333333", "6.666667", "0", "256", "north"])
def test_what_a_map_does_not_list_is_missing_a_dead_letter_or_kept(text: str) -> None:
    assert Lookup(ValueMap(values=SECTORS, tolerance=0.001), ".").find(text) is None
    kept = Lookup(ValueMap(values=SECTORS, otherwise=Otherwise.KEEP), ".").find(text)
    assert kept == (text if text == "north" else float(text))
    with pytest.raises(NotUnderstoodError, match="not in the map"):
        Lookup(ValueMap(values=SECTORS, otherwise=Otherwise.DEAD_LETTER), ".").find(text)


@given(st.sampled_from(FORMATS), st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)))
def test_a_time_is_read_as_strptime_reads_it(form: str, moment: datetime) -> None:
    text = moment.strftime(form)
    assert time_parser([form])(text) == datetime.strptime(text, form)


@given(st.sampled_from(FORMATS), st.text(max_size=20))
def test_what_is_no_time_is_refused(form: str, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the reader's to make
        time_parser([form])(text + "x")


@pytest.mark.parametrize("text", ["31/02/2021 00:00:00", "01/13/2021 00:00:00", "01/01/2021 24:00:00", "1/1/21 0:0:0", ""])
def test_a_day_that_is_not_in_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the reader's to make
        time_parser(["%d/%m/%Y %H:%M:%S"])(text)


def test_of_several_formats_the_first_that_fits_is_taken() -> None:
    parse = time_parser(["%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M"])
    assert parse("03/04/2021 05:06") == parse("2021-04-03 05:06") == datetime(2021, 4, 3, 5, 6)
