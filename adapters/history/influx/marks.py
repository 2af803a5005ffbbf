"""How far a bucket has read its log, and how far the time of each device has come: points that are written again and again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from adapters.history.influx.connection import Series
from adapters.history.influx.lines import decode_tag, tag, text_field
from adapters.history.port import Watermark
from schema.envelope import Cursor, Position

CHECKPOINT: Final = "SELECT log_id, position FROM checkpoint WHERE time = 0"
WATERMARKS: Final = "SELECT time_us, recorded_us, position, site, zone FROM watermark WHERE time = 0 GROUP BY device"
_NOWHERE: Final = -1
"""A field that is left out would keep the value it had; so would a site."""


def checkpoint_line(checkpoint: Cursor) -> str:
    position = _NOWHERE if checkpoint.position is None else checkpoint.position
    return f"checkpoint log_id={text_field(checkpoint.log_id)},position={position}i 0"


def checkpoint_in(series: list[Series]) -> Cursor | None:
    """As an answer to `CHECKPOINT` has it."""
    for one in series:
        [[_, log_id, position]] = one.values
        return Cursor(log_id, None if position == _NOWHERE else Position(position))
    return None


def watermark_lines(watermarks: Mapping[str, Watermark]) -> Iterator[str]:
    for device, mark in watermarks.items():
        times = f"time_us={mark.time_us}i,recorded_us={mark.recorded_us}i,position={mark.position}i"
        yield f"watermark,device={tag(device)} {times},site={text_field(mark.site or '')},zone={text_field(mark.zone)} 0"


def watermarks_in(series: list[Series], devices: Sequence[str] | None) -> dict[str, Watermark]:
    """As an answer to `WATERMARKS` has them; those of these devices, or all."""
    wanted = None if devices is None else set(devices)
    found: dict[str, Watermark] = {}
    for one in series:
        device = decode_tag(one.tags["device"])
        if wanted is None or device in wanted:
            [[_, time_us, recorded_us, position, site, zone]] = one.values
            found[device] = Watermark(time_us, recorded_us, Position(position), site or None, zone)
    return found
