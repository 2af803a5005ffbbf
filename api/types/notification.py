"""Who was told of alerts, and pages of that."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from api.cursors import NotificationPlace, encode_place
from api.fields import described
from api.scalars import CursorText, id_or_none
from api.types.enums import AlertSeverity, NotificationState, NotificationWord
from api.types.node import Node
from api.types.paging import Page, PageInfo
from projections.notification_queries import NotificationView


@strawberry.type(description="A word about an alert to one target of one recipient, and what became of it.")
class Notification(Node):
    id: strawberry.ID = described("Its id, which the message bears, too: as often as it is sent.")
    alert_id: strawberry.ID = described("The alert.")
    device_id: strawberry.ID = described("The device that the alert is about.")
    recipient_id: strawberry.ID = described("Who is told.")
    target: str = described("How: the name of a target in the settings. Its address is shown nowhere.")
    word: NotificationWord = described("What is told of the alert.")
    severity: AlertSeverity = described("How much the alert mattered then.")
    acknowledged: bool = described("Whether somebody had acknowledged the alert by then.")
    escalated_from: strawberry.ID | None = described("Who was told before and did not acknowledge; null: nobody.")
    state: NotificationState = described("What became of it so far.")
    requested_at: datetime = described("When it was decided, by our clock.")
    attempts: int = described("How often it was tried, as far as that is known.")
    next_attempt_at: datetime | None = described(
        "When it is tried again at the latest: sooner where the target takes another one. Null before the first attempt and "
        "after the last."
    )
    ended_at: datetime | None = described("When the target took it, or it was given up.")
    reason: str | None = described("Why the last attempt failed, or why it was given up. It names no address.")


@strawberry.type(description="A notification and its place in the list.")
class NotificationEdge:
    cursor: CursorText = described("The place of this notification: give it as `after` to go on from here.")
    node: Notification = described("The notification.")


@strawberry.type(description="A page of notifications, newest first.")
class NotificationConnection:
    edges: list[NotificationEdge] = described("The notifications with their places.")
    nodes: list[Notification] = described("The notifications alone.")
    page_info: PageInfo = described("Where the page stands.")


def notification(view: NotificationView) -> Notification:
    request = view.request
    return Notification(
        id=strawberry.ID(request.notification_id),
        alert_id=strawberry.ID(request.alert_id),
        device_id=strawberry.ID(request.device_id),
        recipient_id=strawberry.ID(request.recipient_id),
        target=request.target,
        word=NotificationWord(request.word),
        severity=AlertSeverity(request.severity),
        acknowledged=request.acknowledged,
        escalated_from=id_or_none(request.escalated_from),
        state=NotificationState(view.state),
        requested_at=request.timestamp,
        attempts=view.attempts,
        next_attempt_at=view.next_attempt_at,
        ended_at=view.ended_at,
        reason=view.reason,
    )


def notification_page(found: Sequence[NotificationView], page: Page) -> NotificationConnection:
    """`found` may hold one beyond the page."""
    views, more = page.cut(found)
    nodes = [notification(view) for view in views]
    cursors = [CursorText(encode_place(NotificationPlace(view.position))) for view in views]
    edges = [NotificationEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)]
    return NotificationConnection(edges=edges, nodes=nodes, page_info=page.info(cursors, more=more))
