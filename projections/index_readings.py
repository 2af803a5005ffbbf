"""Readings of an index, which no sensor sent: calculated for each event that holds all its inputs."""

import asyncio
import math
from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from adapters.history.port import HistoryRow, RangeQuery, key_of
from domain.indices import INDICES
from domain.rows import QUALITIES, split_ids
from projections.gathering import RawSource, fetch
from projections.judging import Judge, with_indices
from projections.shown import Shown
from projections.stretches import Catalog, Sensor
from schema.events import Quality
from schema.metrics import METRICS

Calculated = tuple[HistoryRow, Shown]
"""A reading as a history would hold it, without a value that a device sent, and what is shown of it."""


async def index_readings(history: RawSource, judge: Judge, query: RangeQuery, metric: str) -> list[Calculated]:
    """At most `query.limit` readings of an index, in order. Where the sensor measured the metric itself there is none."""
    base = INDICES[metric].inputs[0]
    after, before = (None if key is None else (*key[:2], base) for key in (query.after, query.before))
    asked = replace(query, metric=base, after=after, before=before)
    found: list[Calculated] = []
    while len(found) < query.limit:
        rows = await history.readings(asked)
        more = await _calculated(history, judge, metric, rows) if rows else []
        found = more + found if query.backwards else found + more
        if len(rows) < query.limit:
            break
        asked = replace(asked, before=key_of(rows[0])) if query.backwards else replace(asked, after=key_of(rows[-1]))
    return found[-query.limit :] if query.backwards else found[: query.limit]


async def _calculated(history: RawSource, judge: Judge, metric: str, rows: Sequence[HistoryRow]) -> list[Calculated]:
    """Of the rows of the first input those whose events hold the others too, with what the index comes to."""
    first, last = rows[0].timestamp_us, rows[-1].timestamp_us
    catalog = Catalog(judge.book)
    sensors: list[Sensor] = list(dict.fromkeys((row.device, row.sensor) for row in rows))
    together = {metric, *INDICES[metric].inputs}
    gathered = await fetch(history, [catalog.stretch(sensor, together, first, last) for sensor in sensors])
    judged = await asyncio.to_thread(judge.judge, gathered, judge.corrections(gathered.keys))
    shown = with_indices(judged)
    asked = np.array([key.metric == metric for key in shown.keys])[shown.series]
    asked &= np.arange(len(shown.series)) >= len(judged.values)  # what is calculated comes after what was measured
    groups = shown.groups[shown.series[asked]].tolist()
    columns = (shown.values[asked], shown.quality[asked], judged.raw.ids[shown.rows[asked]])
    found = {
        (sensors[group], *ids): Shown(value, QUALITIES[quality], None)
        for group, value, quality, ids in zip(groups, *(column.tolist() for column in columns), strict=True)
    }
    places = [((row.device, row.sensor), *split_ids(row.event_id)[0].tolist()) for row in rows]
    return [(_row(row, metric), found[place]) for row, place in zip(rows, places, strict=True) if place in found]


def _row(row: HistoryRow, metric: str) -> HistoryRow:
    return replace(row, metric=metric, value=math.nan, unit=METRICS[metric].unit, quality=Quality.GOOD)
