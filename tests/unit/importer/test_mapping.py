"""A mapping file that is wrong is refused in plain words that name the key, before a row is read."""

import pytest

from glasshouse.importer.load import MappingError, parse_mapping
from tests.support.importer import AIR, CLOCKS, TIME, entry, mapping_of

COUNTED = '[clocks.utc]\nzone = "Europe/Rome"\ntwice = "counter"\n'


def test_a_sound_mapping_is_taken() -> None:
    mapping = mapping_of(entry())
    assert [file.name for file in mapping.files] == ["*.csv"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (entry(more='devise = "box"\n'), r"mapping.toml, line 6: file\[0\].devise: this key is not known"),
        (
            entry(columns='readings = [{ column = "T", metric = 3 }]\n'),
            r"line 7: file\[0\].readings\[0\].metric: Expected `str`",
        ),
        (entry(columns='readings = [{ column = "T" }]\n'), "missing required field `metric`"),
        (entry(columns='readings = [{ column = 0, metric = "temperature" }]\n'), ">= 1"),
        (
            entry(columns='readings = [{ column = "T", metric = "temperature", unit = "lx" }]\n'),
            "'lx' is not a unit of temperature",
        ),
        (entry(columns='readings = [{ column = "T", metric = "temperature", map = "m" }]\n'), "there is no map 'm'"),
        (entry(columns='states = [{ column = "V", actuator = "vent", map = "m" }]\n'), "there is no map 'm'"),
        (entry(columns=AIR.replace("}]", '}, { column = 2, sensor = "air", metric = "temperature" }]')), "mapped 2 times"),
        (entry(columns=""), "names no readings and no states"),
        (entry(time=TIME.replace('"utc"', '"mars"')), "no clock 'mars'; there are: utc"),
        (entry(time=TIME.replace("%Y-%m-%d %H:%M", "%Q")), "'%Q' is not a time format"),
        (entry(time=TIME.replace("%Y-%m-%d %H:%M", "%H:%M")), "must tell year, month and day"),
        (entry(time=TIME.replace("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M%z")), "and no offset"),
        (entry(more='encoding = "klingon"\n'), "'klingon' is not an encoding"),
        (entry(more='decimal = ","\n'), "delimiter and decimal are the same"),
        (entry() + entry(), "stands here 2 times"),
        ("file = ]", "is not TOML: .*line 4"),
        ("", "missing required field `file`"),
    ],
)
def test_what_is_wrong_is_named(body: str, said: str) -> None:
    with pytest.raises(MappingError, match=said):
        mapping_of(body)


@pytest.mark.parametrize(
    ("clock", "said"),
    [
        ('[clocks.utc]\nzone = "Europe/Atlantis"\n', "clocks.utc: 'Europe/Atlantis' is not a time zone"),
        ("[clocks.utc]\n", "either a zone or offsets"),
        ('[clocks.utc]\noffsets = [{ offset = "two" }]\n', "'two' is not an offset from UTC"),
        ('[clocks.utc]\noffsets = [{ offset = "+02:00" }, { offset = "+01:00" }]\n', "needs a 'from'"),
        (
            '[clocks.utc]\noffsets = [{ offset = "+02:00" }, { from = 2021-10-31T04:00:00, offset = "+01:00" }]\n',
            "needs an offset",
        ),
        (COUNTED, "no counter column is named"),
    ],
)
def test_a_clock_that_cannot_run_is_named(clock: str, said: str) -> None:
    with pytest.raises(MappingError, match=said):
        mapping_of(entry(), clocks=clock)


@pytest.mark.parametrize("value", ['"yes"', "true", "nan", "inf"])
def test_a_map_to_what_is_no_number_is_refused_for_a_reading(value: str) -> None:
    maps = f"[maps.m]\nvalues = {{ open = {value} }}\n"
    with pytest.raises(MappingError, match="must be numbers"):
        mapping_of(maps + entry(columns='readings = [{ column = "T", metric = "temperature", map = "m" }]\n'))


def test_an_id_that_is_not_allowed_is_named() -> None:
    with pytest.raises(MappingError, match="line 1: site"):
        parse_mapping(f'site = "my house"\n{CLOCKS}{entry()}', "mapping.toml")
