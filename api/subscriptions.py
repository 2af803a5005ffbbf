"""The fields of Subscription."""

from collections.abc import AsyncGenerator
from typing import Annotated, cast

import strawberry

from api.anomalies import LiveAnomalies
from api.arguments import AtLeast
from api.backtest_arguments import Basis, From, Rule, To
from api.backtests import Asked, backtest_messages
from api.context import Info
from api.fields import argument, guarded_stream
from api.live import LiveReadings, Options
from api.live_alerts import LiveAlerts
from api.live_commands import command_updates
from api.roles import Role
from api.selection import Selection
from api.types.alert_messages import AlertMessage
from api.types.anomaly import AnomalyMessage
from api.types.backtest import BacktestMessage
from api.types.command import Command
from api.types.messages import ReadingMessage

DeviceWanted = Annotated[strawberry.ID | None, argument("Only this device.")]
LocationWanted = Annotated[str | None, argument("Only devices at or below this location.")]
MetricWanted = Annotated[str | None, argument("Only this metric.")]
FromHere = Annotated[str | None, argument("Go on after this cursor; left out: from now on.")]


@strawberry.type(description="What can be watched.")
class Subscription:
    @guarded_stream(
        Role.VIEWER, "Readings as they are recorded, after a cursor or from now on, without gaps that are not told."
    )
    def readings(
        self,
        info: Info,
        *,
        device_id: DeviceWanted = None,
        location: LocationWanted = None,
        metric: MetricWanted = None,
        after: FromHere = None,
        initial: Annotated[
            bool | None,
            argument(
                "Tell first the latest of each series, then progress, then what is new. With `after` it was told already, "
                "unless that cursor is of its middle, or leads to a gap."
            ),
        ] = False,
        every_ms: Annotated[
            int | None,
            argument(
                "Send of each series at most one reading in so many milliseconds, 10 to 3,600,000: the one measured last. "
                "Each says how many are left out for it. Left out: send all."
            ),
        ] = None,
    ) -> AsyncGenerator[ReadingMessage, None]:
        selection = Selection(device=device_id, location=location, metric=metric)
        options = Options(after=after, initial=bool(initial), every_ms=every_ms)
        # What comes together is taken apart before it is executed.
        return cast("AsyncGenerator[ReadingMessage, None]", LiveReadings(info.context.services, selection, options).messages())

    @guarded_stream(
        Role.VIEWER,
        "What is said of alerts, after a cursor (of here, of a page of them, or of a mutation) or from now on, without gaps "
        "that are not told.",
    )
    def alerts(
        self,
        info: Info,
        *,
        device_id: DeviceWanted = None,
        location: LocationWanted = None,
        metric: MetricWanted = None,
        after: FromHere = None,
    ) -> AsyncGenerator[AlertMessage, None]:
        selection = Selection(device=device_id, location=location, metric=metric)
        return LiveAlerts(info.context.services, selection).messages(after)

    @guarded_stream(
        Role.VIEWER,
        "Anomalies as they are found, change and are cleared, after a cursor (of here, or of a mutation) or from now on.",
    )
    def anomalies(
        self,
        info: Info,
        *,
        device_id: DeviceWanted = None,
        location: LocationWanted = None,
        metric: MetricWanted = None,
        after: FromHere = None,
    ) -> AsyncGenerator[AnomalyMessage, None]:
        selection = Selection(device=device_id, location=location, metric=metric)
        return LiveAnomalies(info.context.services, selection).messages(after)

    @guarded_stream(
        Role.VIEWER,
        "What an alert rule would have said, as `backtest` of a query answers it: how far it is, a few times a second, and at "
        "last what was found, with which it ends. It may take as long as it takes; to leave it is to stop it.",
    )
    def backtest(
        self,
        info: Info,
        *,
        rule: Rule,
        start: From,
        end: To,
        basis: Basis,
        at_least: AtLeast = None,
    ) -> AsyncGenerator[BacktestMessage, None]:
        return backtest_messages(info.context, Asked(rule, start, end, basis), at_least)

    @guarded_stream(
        Role.VIEWER,
        "The commands of a correlation id: each as it stands, then whenever something became of it, those that set others back "
        "included. It ends once all of them have ended. It may begin before they are asked for, so that nothing is missed.",
    )
    def command_updates(
        self,
        info: Info,
        correlation_id: Annotated[strawberry.ID, argument("What the commands have in common.")],
    ) -> AsyncGenerator[Command, None]:
        return command_updates(info.context.services, correlation_id)
