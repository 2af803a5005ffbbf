"""Alerts as they stand, and pages of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from api.context import Info
from api.cursors import AlertPlace, encode_place
from api.fields import argument, computed, described
from api.scalars import CursorText
from api.types.enums import AlertSeverity, AlertState
from api.types.node import Node
from api.types.notification import Notification, notification
from api.types.paging import Page, PageInfo, page_size
from projections.alert_queries import AlertView
from projections.notification_queries import NotificationWish
from schema.metrics import METRICS


@strawberry.type(description="An alert: a rule is not kept, or was not.")
class Alert(Node):
    live: strawberry.Private[bool]
    id: strawberry.ID = described("Its id, and the correlation id of all that belongs to it: `trace` takes it.")
    kind: str = described("What it is called: `TemperatureAlert`, `HumidityTrendAlert`, `DeviceSilent`.")
    severity: AlertSeverity = described("How much it matters.")
    state: AlertState = described("How it stands.")
    rule_id: strawberry.ID = described("The rule.")
    rule_revision: int = described("Which of its versions.")
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID | None = described("The sensor on it; null where the device is silent.")
    metric: str | None = described("The metric; null where the device is silent.")
    value: float | None = described("What was read last when it was raised.")
    unit: str | None = described("The unit of the value.")
    since: datetime = described("Since when the rule is not kept, by the time of measurement.")
    raised_at: datetime = described("When it was told first.")
    over_since: datetime | None = described("Since when the rule is kept again; null where it is not.")
    ended_at: datetime | None = described("When that it is over, or that it was none, was told.")
    refuted_because: str | None = described("Why it was none.")
    acknowledged_at: datetime | None = described("When somebody said that he has seen it.")
    acknowledged_by: str | None = described("Who that was.")
    note: str | None = described("What he said.")
    silenced_until: datetime | None = described("Until when nobody is to be told of it.")
    backfilled: bool = described("Whether it follows from history that was handed in, more than 7 days after it was measured.")
    evidence: list[strawberry.ID] = described(
        "The events that show it: the first reading and the last of the stretch that raised it, one where they are the same. "
        "`audit` takes them, and `alertReadings` tells all. None where the device was silent."
    )

    @computed(
        "Who was told of it, newest first, as that stands now. Null in a message of a subscription, which shows what stood "
        "then: `notifications` tells it."
    )
    def notifications(
        self, info: Info, first: Annotated[int | None, argument("How many to give: at most 500, by default 50.")] = None
    ) -> list[Notification] | None:
        services = info.context.services
        size = page_size(first, services.limits)
        if self.live:
            return None
        wish = NotificationWish(alert_id=self.id, limit=size)
        return [notification(view) for view in services.notifications.notifications(wish, services.sees)]


@strawberry.type(description="An alert and its place in the list.")
class AlertEdge:
    cursor: CursorText = described("The place of this alert: give it as `after` to go on from here.")
    node: Alert = described("The alert.")


@strawberry.type(description="A page of alerts, newest first.")
class AlertConnection:
    edges: list[AlertEdge] = described("The alerts with their places.")
    nodes: list[Alert] = described("The alerts alone.")
    page_info: PageInfo = described("Where the page stands.")
    live_cursor: CursorText = described("Where the `alerts` subscription goes on: what is said later than this page shows.")


def alert(view: AlertView, *, live: bool = False) -> Alert:
    """`live` is one in a message."""
    raised = view.raised
    known = METRICS.get(raised.metric or "")
    return Alert(
        live=live,
        id=strawberry.ID(raised.alert_id),
        kind=raised.kind,
        severity=AlertSeverity(raised.severity),
        state=AlertState(view.state),
        rule_id=strawberry.ID(raised.rule_id),
        rule_revision=raised.rule_revision,
        device_id=strawberry.ID(raised.device_id),
        sensor_id=None if raised.sensor_id is None else strawberry.ID(raised.sensor_id),
        metric=raised.metric,
        value=raised.value,
        unit=known.unit if known else None,
        since=raised.since,
        raised_at=view.raised_at,
        over_since=view.over_since,
        ended_at=view.ended_at,
        refuted_because=view.refuted_because,
        acknowledged_at=view.acknowledged_at,
        acknowledged_by=view.acknowledged_by,
        note=view.note,
        silenced_until=view.silenced_until,
        backfilled=raised.backfilled,
        evidence=[strawberry.ID(event_id) for event_id in raised.evidence],
    )


def alert_page(found: Sequence[AlertView], page: Page, live_cursor: CursorText) -> AlertConnection:
    """`found` may hold one beyond the page."""
    views, more = page.cut(found)
    nodes = [alert(view) for view in views]
    cursors = [CursorText(encode_place(AlertPlace(view.position))) for view in views]
    edges = [AlertEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)]
    info = page.info(cursors, more=more)
    return AlertConnection(edges=edges, nodes=nodes, page_info=info, live_cursor=live_cursor)
