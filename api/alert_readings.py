"""The readings behind an alert: what raised it, and how it went on."""

from datetime import timedelta
from typing import Final

from api import history
from api.services import Services
from api.types.paging import Page
from api.types.reading_page import ReadingConnection
from domain.alerting.evidence import portion_us
from domain.alerting.signals import reach_us
from schema.rules import AlertRaised, Anomaly, Silence

_MOMENT: Final = timedelta(microseconds=1)


async def alert_readings(services: Services, alert_id: str, page: Page) -> ReadingConnection | None:
    """From what its rule looked back on to where it was kept again; None where there is no such alert in sight."""
    view = services.alerts.alert(alert_id)
    if view is None or not services.sees(view.raised.device_id):
        return None
    raised = view.raised
    start = raised.since - _looked_back(services, raised)
    end = None if view.over is None else max(view.over, start + _MOMENT)
    return await history.readings(services, history.Wanted(raised.device_id, raised.sensor_id, raised.metric, start, end, page))


def _looked_back(services: Services, raised: AlertRaised) -> timedelta:
    """How long before the alert the rule's judgement began; by a version that nobody has at hand: nobody knows."""
    view = (services.whole or services).alert_rules.rule(raised.rule_id)
    if view is None or view.revision != raised.rule_revision or isinstance(view.rule.condition, Silence):
        return timedelta()
    condition = view.rule.condition
    reach = 0 if isinstance(condition, Anomaly) else reach_us(condition)  # two weeks are no reading behind an hour
    return timedelta(microseconds=reach + portion_us(condition))
