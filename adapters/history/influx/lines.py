"""A reading as a line of InfluxDB's line protocol, built by hand since each reading comes by here; and tags read back."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from adapters.history.port import HistoryRow

MEASUREMENT: Final = "reading"
_EMPTY: Final = "%"
"""A tag cannot be empty. A percent sign that stands alone is none that was encoded."""
# What a line cannot hold, also behind a backslash, and the percent sign of which this encoding is made.
_unfit = re.compile(r"[\x00-\x1f\x7f\\%]")
_special = re.compile(r"([,= ])")


def encode_tag(text: str) -> str:
    """A text as the value of a tag that every text can be: as it is wherever a line can hold it."""
    return _unfit.sub(lambda found: f"%{ord(found[0]):02X}", text) or _EMPTY


def decode_tag(value: str) -> str:
    """The text that `encode_tag` was given."""
    return "" if value == _EMPTY else unquote(value)


def series_prefix(device: str, sensor: str, metric: str) -> str:
    """How each line of a reading begins, up to its value."""
    return f"{MEASUREMENT},{series_tags(device, sensor, metric)} value="


def series_tags(device: str, sensor: str, metric: str) -> str:
    """The tags of a series, as they stand in a line."""
    return f"device={tag(device)},metric={tag(metric)},sensor={tag(sensor)}"


def tag(text: str) -> str:
    """The value of a tag, as it stands in a line."""
    return _special.sub(r"\\\1", encode_tag(text))


def text_field(text: str) -> str:
    """The value of a field that is a text, as it stands in a line."""
    return f'"{_quoted(text)}"'


def line(prefix: str, row: HistoryRow, time_ns: int) -> str:
    """The point of a row at that time. ValueError or TypeError where its value is no number."""
    return (
        f"{prefix}{float(row.value)!r}{_words(row.quality, row.unit)}{row.event_id.hex()}"
        f'",timestamp_us={row.timestamp_us}i,recorded={row.recorded_us}i,revision={row.revision}i'
        f",position={row.position}i {time_ns}"
    )


@lru_cache(maxsize=1024)
def _words(quality: str, unit: str | None) -> str:
    """The fields that few readings differ in, up to the id."""
    told = "" if unit is None else f',unit="{_quoted(unit)}"'
    return f',quality="{_quoted(quality)}"{told},id="'


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
