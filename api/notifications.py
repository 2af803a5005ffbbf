"""Who was told of alerts: pages of it, and those of one alert."""

from collections.abc import Sequence

from api.context import Context
from api.cursors import NotificationPlace, decode_place
from api.services import Services
from api.types.enums import NotificationState
from api.types.node import Node
from api.types.notification import NotificationConnection, notification, notification_page
from api.types.paging import Page
from api.visibility import ALERTS
from projections.notification_queries import NotificationState as State
from projections.notification_queries import NotificationWish


def notifications_page(
    services: Services, page: Page, alert_id: str | None, state: NotificationState | None
) -> NotificationConnection:
    """Newest first, of alerts about what is in sight."""
    after, before = (
        None if cursor is None else decode_place(cursor, NotificationPlace).position for cursor in (page.after, page.before)
    )
    wish = NotificationWish(
        alert_id=alert_id,
        state=None if state is None else State(state.word),
        after=after,
        before=before,
        backwards=page.backwards,
        limit=page.size + 1,
    )
    return notification_page(services.notifications.notifications(wish, services.sees), page)


async def find_notifications(context: Context, ids: Sequence[str], at_least: str | None) -> list[Node | None]:
    """Those of these ids; None where there is none, or none in sight."""
    await context.visibility.at_least(ALERTS, at_least)
    services = context.services
    views = [services.notifications.notification(each) for each in ids]
    return [None if view is None or not services.sees(view.request.device_id) else notification(view) for view in views]
