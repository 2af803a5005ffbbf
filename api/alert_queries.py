"""The fields of Query for alerts and their rules."""

from datetime import datetime
from typing import Annotated

import strawberry

from api import history
from api.arguments import AtLeast
from api.backtests import backtested
from api.context import Info
from api.fields import argument, guarded
from api.roles import Role
from api.types.alert_inputs import AlertRuleInput
from api.types.backtest import Backtest
from api.types.enums import BacktestBasis
from api.visibility import DECISIONS, WINDOWS


@strawberry.type
class AlertQuery:
    @guarded(
        Role.VIEWER,
        "What an alert rule would have said, had it been there: held against the past by the evaluator that runs live.",
    )
    async def backtest(
        self,
        info: Info,
        *,
        rule: Annotated[AlertRuleInput, argument("The rule. Nothing comes of it but this answer.")],
        start: Annotated[datetime, argument("From here on, by the time of measurement.", "from")],
        end: Annotated[datetime, argument("Up to here, by the time of measurement, and at most up to now.", "to")],
        basis: Annotated[BacktestBasis, argument("What it is told of the past.")],
        at_least: AtLeast = None,
    ) -> Backtest:
        if basis is BacktestBasis.AS_CORRECTED:
            history.shared(info.context.services)
            await info.context.visibility.at_least(WINDOWS, at_least)
            await info.context.visibility.at_least(DECISIONS, at_least)
        return await backtested(info.context, rule, start, end, basis)
