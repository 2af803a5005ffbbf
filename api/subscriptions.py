"""The fields of Subscription."""

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from api.anomalies import LiveAnomalies
from api.context import Info
from api.fields import argument, guarded_stream
from api.live import LiveReadings, Selection
from api.roles import Role
from api.types.anomaly import AnomalyMessage
from api.types.messages import ReadingMessage


@strawberry.type(description="What can be watched.")
class Subscription:
    @guarded_stream(
        Role.VIEWER, "Readings as they are recorded, after a cursor or from now on, without gaps that are not told."
    )
    def readings(
        self,
        info: Info,
        device_id: Annotated[strawberry.ID | None, argument("Only this device.")] = None,
        location: Annotated[str | None, argument("Only devices at or below this location.")] = None,
        metric: Annotated[str | None, argument("Only this metric.")] = None,
        after: Annotated[str | None, argument("Go on after this cursor; left out: from now on.")] = None,
    ) -> AsyncGenerator[ReadingMessage, None]:
        selection = Selection(device=device_id, location=location, metric=metric)
        return LiveReadings(info.context.services, selection).messages(after)

    @guarded_stream(
        Role.VIEWER,
        "Anomalies as they are found, change and are cleared, after a cursor (of here, or of a mutation) or from now on.",
    )
    def anomalies(
        self,
        info: Info,
        device_id: Annotated[strawberry.ID | None, argument("Only this device.")] = None,
        metric: Annotated[str | None, argument("Only this metric.")] = None,
        after: Annotated[str | None, argument("Go on after this cursor; left out: from now on.")] = None,
    ) -> AsyncGenerator[AnomalyMessage, None]:
        return LiveAnomalies(info.context.services, device_id, metric).messages(after)
