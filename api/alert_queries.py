"""The fields of Query for alerts and their rules."""

from typing import Annotated

import strawberry

from api import history
from api.alert_readings import alert_readings
from api.alert_rules import find_rule, rules_page
from api.alerts import alerts_page, find_alert
from api.arguments import After, AtLeast, Before, First, Last
from api.backtest_arguments import Basis, From, Rule, To
from api.backtests import Asked, backtested, ready
from api.context import Info
from api.fields import argument, guarded
from api.notifications import notifications_page
from api.recipients import all_recipients
from api.roles import Role
from api.types.alert import Alert, AlertConnection
from api.types.alert_rule import AlertRule, AlertRuleConnection
from api.types.backtest import Backtest
from api.types.enums import AlertSeverity, AlertState, NotificationState
from api.types.notification import NotificationConnection
from api.types.paging import page_of
from api.types.reading_page import ReadingConnection
from api.types.recipient import Recipient
from api.visibility import ALERTS, DECISIONS, HISTORY


@strawberry.type
class AlertQuery:
    @guarded(Role.VIEWER, "Alerts, newest first, page by page: those that are open, and the last of those that are over.")
    async def alerts(
        self,
        info: Info,
        *,
        state: Annotated[AlertState | None, argument("Only those that stand so.")] = None,
        device_id: Annotated[strawberry.ID | None, argument("Only those of this device.")] = None,
        severity: Annotated[AlertSeverity | None, argument("Only those that matter so much.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> AlertConnection:
        page = page_of(info.context.services.limits, first=first, after=after, last=last, before=before)
        await info.context.visibility.at_least(ALERTS, at_least)
        return alerts_page(info.context.services, page, state, device_id, severity)

    @guarded(Role.VIEWER, "An alert; null where there is none, or it is over too long to be remembered.")
    async def alert(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, argument("The alert.")],  # noqa: A002 - the name is fixed
        at_least: AtLeast = None,
    ) -> Alert | None:
        await info.context.visibility.at_least(ALERTS, at_least)
        return find_alert(info.context.services, id)

    @guarded(
        Role.VIEWER,
        "The readings behind an alert, by time of measurement, page by page: from what its rule looked back on when the alert "
        "began (last, where it began anew; of an anomaly from its hour on) to where the rule was kept again. Null where there "
        "is no such alert.",
    )
    async def alert_readings(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, argument("The alert.")],  # noqa: A002 - the name is fixed
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> ReadingConnection | None:
        page = page_of(info.context.services.limits, first=first, after=after, last=last, before=before)
        history.shared(info.context.services)
        for model in (ALERTS, DECISIONS, HISTORY):
            await info.context.visibility.at_least(model, at_least)
        return await alert_readings(info.context.services, id, page)

    @guarded(
        Role.VIEWER,
        "Who was told of alerts, newest first, page by page: what is still to be sent, and the last of what was sent or given "
        "up.",
    )
    async def notifications(
        self,
        info: Info,
        *,
        alert_id: Annotated[strawberry.ID | None, argument("Only those about this alert.")] = None,
        state: Annotated[NotificationState | None, argument("Only those that stand so.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> NotificationConnection:
        page = page_of(info.context.services.limits, first=first, after=after, last=last, before=before)
        await info.context.visibility.at_least(ALERTS, at_least)
        return notifications_page(info.context.services, page, alert_id, state)

    @guarded(Role.VIEWER, "An alert rule as it stands; null where there is none.")
    async def alert_rule(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, argument("The rule.")],  # noqa: A002 - the name is fixed
        at_least: AtLeast = None,
    ) -> AlertRule | None:
        await info.context.visibility.at_least(ALERTS, at_least)
        return find_rule(info.context.services, id)

    @guarded(Role.VIEWER, "Alert rules by id, page by page.")
    async def alert_rules(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> AlertRuleConnection:
        page = page_of(info.context.services.limits, first=first, after=after, last=last, before=before)
        await info.context.visibility.at_least(ALERTS, at_least)
        return rules_page(info.context.services, page)

    @guarded(Role.OPERATOR, "Who is told of alerts, by id; for keys that are good for the whole house.")
    async def recipients(self, info: Info, *, at_least: AtLeast = None) -> list[Recipient]:
        await info.context.visibility.at_least(ALERTS, at_least)
        return all_recipients(info.context)

    @guarded(
        Role.VIEWER,
        "What an alert rule would have said, had it been there: held against the past by the evaluator that runs live.",
    )
    async def backtest(
        self,
        info: Info,
        *,
        rule: Rule,
        start: From,
        end: To,
        basis: Basis,
        at_least: AtLeast = None,
    ) -> Backtest:
        await ready(info.context, basis, at_least)
        return await backtested(info.context, Asked(rule, start, end, basis))
