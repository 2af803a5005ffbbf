"""Alerts: pages of them, and what people say about one."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from api.changes import settled
from api.context import Context
from api.cursors import AlertPlace, decode_place
from api.errors import ApiError, ErrorCode
from api.scalars import CursorText
from api.services import Services
from api.types.alert import Alert, AlertConnection, alert, alert_page
from api.types.enums import AlertSeverity, AlertState
from api.types.paging import Page
from api.types.results import AcknowledgeAlertSuccess, SilenceAlertSuccess
from api.visibility import ALERTS
from api.writes import Cause
from domain import alert_decisions
from domain.decisions import Decision
from projections.alert_queries import AlertState as State
from projections.alert_queries import AlertWish
from schema import rules
from schema.envelope import Cursor
from schema.events import Event


def alerts_page(
    services: Services, page: Page, state: AlertState | None, device_id: str | None, severity: AlertSeverity | None
) -> AlertConnection:
    after, before = (
        None if cursor is None else decode_place(cursor, AlertPlace).position for cursor in (page.after, page.before)
    )
    wish = AlertWish(
        state=None if state is None else State(state.word),
        device=device_id,
        severity=None if severity is None else rules.AlertSeverity(severity.word),
        after=after,
        before=before,
        backwards=page.backwards,
        limit=page.size + 1,
    )
    live = Cursor(services.log.log_id, services.projections.position(ALERTS))
    return alert_page(services.alerts.alerts(wish, services.sees), page, CursorText(live.encode()))


def find_alert(services: Services, alert_id: str) -> Alert | None:
    view = services.alerts.alert(alert_id)
    return alert(view) if view is not None and services.sees(view.raised.device_id) else None


async def acknowledge(context: Context, alert_id: str, note: str | None) -> AcknowledgeAlertSuccess:
    wanted = rules.AlertAcknowledged(alert_id=alert_id, timestamp=context.services.clock(), note=note)
    shown, cursor = await _say(context, alert_id, lambda events: alert_decisions.acknowledge(events, wanted))
    return AcknowledgeAlertSuccess(alert=shown, cursor=cursor)


async def silence(context: Context, alert_id: str, until: datetime) -> SilenceAlertSuccess:
    now = context.services.clock()
    wanted = rules.AlertSilenced(alert_id=alert_id, timestamp=now, until=until.astimezone(UTC))
    shown, cursor = await _say(context, alert_id, lambda events: alert_decisions.silence(events, wanted, now))
    return SilenceAlertSuccess(alert=shown, cursor=cursor)


async def _say(context: Context, alert_id: str, decide: Callable[[Sequence[Event]], Decision]) -> tuple[Alert, CursorText]:
    """The alert after it; one that the read model no longer remembers is told of no more."""
    if find_alert(context.services, alert_id) is None:
        raise ApiError(ErrorCode.NOT_FOUND, "there is no such alert, or it is over too long to be remembered")
    cause = Cause(correlation_id=alert_id)  # as all that is said of it
    change = await context.writer.change(f"alert-{alert_id}", context.principal.actor, decide, cause=cause)
    cursor = await settled(context, change, ALERTS)
    shown = find_alert(context.services, alert_id)
    if shown is None:
        raise ApiError(ErrorCode.NOT_FOUND, "the alert is over too long to be remembered")
    return shown, cursor
