"""Anomalies: hours that are unlike the same hour of recent days, pages of them, and what their subscription says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias

import strawberry

from adapters.history.port import Anomaly as Kept
from api.cursors import AnomalyPlace, encode_place
from api.fields import described
from api.scalars import CursorText
from api.types.enums import AnomalySeverity
from api.types.node import Node
from api.types.paging import Page, PageInfo
from domain.anomalies import Severity
from schema.metrics import METRICS
from schema.times import HOUR_US, from_micros

_CURSOR = "Where to go on: give it as `after`, and nothing is missed."


@strawberry.type(description="An hour of a series whose mean is unlike that of the same hour (of UTC) of the last 14 days.")
class Anomaly(Node):
    id: strawberry.ID = described("Of this series and this hour.")
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID = described("The sensor on it.")
    metric: str = described("The metric.")
    unit: str | None = described("The unit of the figures.")
    start: datetime = described("When the hour begins.")
    end: datetime = described("When it ends.")
    value: float = described("The mean of the hour, without what is bad.")
    expected: float = described("The median of the same hour of the days before.")
    deviation: float = described("By how much the value is above that; negative: below.")
    score: float = described("The deviation in units of how much these hours usually differ among themselves.")
    severity: AnomalySeverity = described("How unusual that is.")


@strawberry.type(description="An anomaly and its place in the list.")
class AnomalyEdge:
    cursor: CursorText = described("The place of this anomaly: give it as `after` to go on from here.")
    node: Anomaly = described("The anomaly.")


@strawberry.type(description="A page of anomalies, newest first.")
class AnomalyConnection:
    edges: list[AnomalyEdge] = described("The anomalies with their places.")
    nodes: list[Anomaly] = described("The anomalies alone.")
    page_info: PageInfo = described("Where the page stands.")
    live_cursor: CursorText = described("Where the `anomalies` subscription goes on: later changes than this page shows.")


@strawberry.type(description="An hour was found to be unusual, or its figures changed.")
class AnomalyFound:
    cursor: CursorText = described(_CURSOR)
    anomaly: Anomaly = described("The anomaly as it is now.")


@strawberry.type(
    description="An hour is no anomaly any more: late readings or a correction changed it, or what it is held against."
)
class AnomalyCleared:
    cursor: CursorText = described(_CURSOR)
    id: strawberry.ID = described("The anomaly that is gone.")
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID = described("The sensor on it.")
    metric: str = described("The metric.")
    start: datetime = described("When the hour begins.")


@strawberry.type(description="The windows moved on without a change that was asked for.")
class AnomalyProgress:
    cursor: CursorText = described(_CURSOR)


@strawberry.type(description="Changes may have been missed, and cannot be had again here: ask `anomalies` for what is so now.")
class AnomalyGap:
    cursor: CursorText = described(_CURSOR)
    reason: str = described("What is missing, and why.")


AnomalyMessage: TypeAlias = Annotated[
    AnomalyFound | AnomalyCleared | AnomalyProgress | AnomalyGap,
    strawberry.union("AnomalyMessage", description="An anomaly, the end of one, progress or a gap, each with a cursor."),
]


def anomaly(kept: Kept) -> Anomaly:
    """One that is there."""
    series = kept.series
    known = METRICS.get(series.metric)
    return Anomaly(
        id=_id(kept),
        device_id=strawberry.ID(series.device),
        sensor_id=strawberry.ID(series.sensor),
        metric=series.metric,
        unit=known.unit if known else None,
        start=from_micros(kept.start_us),
        end=from_micros(kept.start_us + HOUR_US),
        value=kept.value,
        expected=kept.expected,
        deviation=kept.deviation,
        score=kept.score,
        severity=AnomalySeverity(kept.severity.name.lower()),
    )


def anomaly_change(kept: Kept, cursor: CursorText) -> AnomalyFound | AnomalyCleared:
    """What to say of one that changed."""
    if kept.severity is not Severity.NONE:
        return AnomalyFound(cursor=cursor, anomaly=anomaly(kept))
    series = kept.series
    return AnomalyCleared(
        cursor=cursor,
        id=_id(kept),
        device_id=strawberry.ID(series.device),
        sensor_id=strawberry.ID(series.sensor),
        metric=series.metric,
        start=from_micros(kept.start_us),
    )


def anomaly_page(found: Sequence[Kept], page: Page, live_cursor: CursorText) -> AnomalyConnection:
    """`found` may hold one beyond the page."""
    kept, more = page.cut(found)
    edges = [AnomalyEdge(cursor=CursorText(encode_place(_place(one))), node=anomaly(one)) for one in kept]
    return AnomalyConnection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=page.info([edge.cursor for edge in edges], more=more),
        live_cursor=live_cursor,
    )


def _place(kept: Kept) -> AnomalyPlace:
    return AnomalyPlace(kept.start_us, kept.series.device, kept.series.sensor, kept.series.metric)


def _id(kept: Kept) -> strawberry.ID:
    return strawberry.ID(encode_place(_place(kept)))
