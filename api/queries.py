"""The fields of Query: each asks a read model, and says which role may ask."""

from datetime import date, datetime, timedelta
from typing import Annotated, cast

import strawberry

from api import anomalies, history, past, windows
from api import reading_columns as columns
from api.admin_queries import AdminQuery
from api.alert_queries import AlertQuery
from api.arguments import After, AtLeast, Before, First, Last
from api.command_queries import CommandQuery
from api.context import Info
from api.cursors import DevicePlace, decode_place
from api.errors import ApiError
from api.fields import argument, guarded
from api.log_queries import LogQuery
from api.nodes import find_devices, find_nodes
from api.retention import last_run
from api.roles import Role
from api.types.anomaly import AnomalyConnection
from api.types.device import Device, DeviceConnection, device_page
from api.types.enums import AnomalySeverity, Calendar
from api.types.heat import LocationCell
from api.types.node import Node
from api.types.paging import page_of
from api.types.projection import Projection, projection
from api.types.reading_columns import ReadingColumns
from api.types.reading_page import ReadingConnection
from api.types.retention import RetentionRun
from api.types.series import Series, SeriesSelector
from api.types.site import Site, site
from api.types.summary import DailySummary
from api.visibility import DECISIONS, HISTORY, LATEST, WINDOWS
from schema.envelope import Cursor


@strawberry.type(description="What can be asked.")
class Query(AdminQuery, AlertQuery, CommandQuery, LogQuery):
    @guarded(Role.VIEWER, "The node of that id, whatever its type; null where there is none. `nodes` takes `atLeast`.")
    async def node(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, argument("The `nodeId` of an object.")],  # noqa: A002 - the name is fixed
    ) -> Node | None:
        [found] = await find_nodes(info.context, [id], None)
        if isinstance(found, ApiError):
            raise found
        return found

    @guarded(
        Role.VIEWER,
        "The nodes of these ids, in that order; null where there is none, and where one is refused, with an error of its own.",
    )
    async def nodes(
        self,
        info: Info,
        *,
        ids: Annotated[list[strawberry.ID], argument("The `nodeId` of each: at most 100.")],
        at_least: AtLeast = None,
    ) -> list[Node | None]:
        return cast("list[Node | None]", await find_nodes(info.context, ids, at_least))

    @guarded(Role.VIEWER, "One device as it is now; null where it is not known.")
    async def device(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, argument("The device.")],  # noqa: A002 - the name is fixed
        at_least: AtLeast = None,
    ) -> Device | None:
        [found] = await find_devices(info.context, [id], at_least)
        return found

    @guarded(Role.VIEWER, "Devices by id, page by page.")
    async def devices(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        location: Annotated[str | None, argument("Only those at or below this location, such as `site/house`.")] = None,
        at_least: AtLeast = None,
    ) -> DeviceConnection:
        services = info.context.services
        page = page_of(services.limits, first=first, after=after, last=last, before=before)
        low, high = (None if cursor is None else decode_place(cursor, DevicePlace).device_id for cursor in (after, before))
        await info.context.visibility.at_least(LATEST, at_least)
        cursor = Cursor(services.log.log_id, services.projections.position(LATEST))
        views = services.latest.devices(
            first=page.size + 1, after=low, before=high, backwards=page.backwards, location=location
        )
        return device_page(views, page, cursor.encode())

    @guarded(Role.VIEWER, "All sites.")
    async def sites(self, info: Info, *, at_least: AtLeast = None) -> list[Site]:
        await info.context.visibility.at_least(LATEST, at_least)
        return [site(view) for view in info.context.services.latest.sites()]

    @guarded(Role.VIEWER, "The readings of a device by time of measurement, page by page.")
    async def readings(
        self,
        info: Info,
        *,
        device_id: Annotated[strawberry.ID, argument("The device.")],
        sensor_id: Annotated[strawberry.ID | None, argument("Only this sensor.")] = None,
        metric: Annotated[str | None, argument("Only this metric.")] = None,
        start: Annotated[datetime | None, argument("Only those measured at or after this.", "from")] = None,
        end: Annotated[datetime | None, argument("Only those measured before this.", "to")] = None,
        known_at: Annotated[
            datetime | None,
            argument(
                "As they were known at this moment: without what was recorded or decided later. Folded from the log, a capped "
                "part of it; left out: as they are known now."
            ),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> ReadingConnection:
        services, visibility = info.context.services, info.context.visibility
        page = page_of(services.limits, first=first, after=after, last=last, before=before)
        wanted = history.Wanted(device_id, sensor_id, metric, start, end, page)
        await visibility.at_least(DECISIONS, at_least)
        if known_at is not None:
            return await past.readings(info.context, wanted, known_at)
        history.shared(services)
        await visibility.at_least(HISTORY, at_least)
        return await history.readings(services, wanted)

    @guarded(Role.VIEWER, "Several sensors in windows, for charts. Windows are aligned to the epoch, in UTC.")
    async def series(
        self,
        info: Info,
        *,
        selectors: Annotated[list[SeriesSelector], argument("Which: at most 20.")],
        start: Annotated[datetime, argument("From the window that this is in.", "from")],
        end: Annotated[datetime, argument("Up to the window that ends here or holds this.", "to")],
        window: Annotated[
            timedelta, argument("The length of a window, such as `PT1M`. All windows of all series: at most 10,000.")
        ],
        calendar: Annotated[Calendar, argument("Whose days: with `SITE` the window must be `P1D`.")] = Calendar.UTC,
        rolling: Annotated[
            timedelta | None, argument("Let each window look back so far from its end, for rolling averages; a multiple of it.")
        ] = None,
        at_least: AtLeast = None,
    ) -> list[Series]:
        services = info.context.services
        wanted = windows.Wanted(selectors, start, end, window, calendar, rolling)
        windows.check(services.limits, wanted)
        info.context.rolled.spend(
            windows.rolled(wanted), "ask for longer windows, a shorter `rolling`, or fewer series at once"
        )
        history.shared(services)
        await info.context.visibility.at_least(WINDOWS, at_least)
        return await windows.series(services, wanted)

    @guarded(Role.VIEWER, "The raw readings of several sensors by time of measurement, as columns: thousands in one answer.")
    async def reading_columns(
        self,
        info: Info,
        *,
        selectors: Annotated[list[SeriesSelector], argument("Which: at most 20.")],
        start: Annotated[datetime, argument("Only those measured at or after this.", "from")],
        end: Annotated[datetime, argument("Only those measured before this.", "to")],
        limit: Annotated[
            int | None,
            argument(
                "How many to give of each, from the first on: all together at most 10,000, which is shared out if left out. "
                "Those of one instant come together."
            ),
        ] = None,
        at_least: AtLeast = None,
    ) -> list[ReadingColumns]:
        services = info.context.services
        wanted = columns.wanted_columns(services.limits, selectors, start, end, limit)
        history.shared(services)
        await info.context.visibility.at_least(HISTORY, at_least)
        await info.context.visibility.at_least(DECISIONS, at_least)
        return await columns.reading_columns(services, wanted)

    @guarded(Role.VIEWER, "What each sensor of a device came to in a day, with the indices that follow.")
    async def daily_summary(
        self,
        info: Info,
        *,
        device_id: Annotated[strawberry.ID, argument("The device.")],
        day: Annotated[date, argument("The day.", "date")],
        calendar: Annotated[Calendar, argument("Whose day.")] = Calendar.UTC,
        at_least: AtLeast = None,
    ) -> list[DailySummary]:
        history.shared(info.context.services)
        await info.context.visibility.at_least(WINDOWS, at_least)
        return await windows.summaries(info.context.services, device_id, day, calendar)

    @guarded(Role.VIEWER, "What was measured where. What counts to a zone counts to its house and its site too.")
    async def heat_map(
        self,
        info: Info,
        *,
        metric: Annotated[str, argument("The metric.")],
        start: Annotated[datetime, argument("From here on, to the minute.", "from")],
        end: Annotated[datetime, argument("Up to here, to the minute.", "to")],
        location: Annotated[str | None, argument("Only at or below this location.")] = None,
        at_least: AtLeast = None,
    ) -> list[LocationCell]:
        history.shared(info.context.services)
        await info.context.visibility.at_least(WINDOWS, at_least)
        return await windows.heat_map(info.context.services, metric, start, end, location)

    @guarded(Role.VIEWER, "Hours that are unlike the same hour of recent days, newest first, page by page.")
    async def anomalies(
        self,
        info: Info,
        *,
        device_id: Annotated[strawberry.ID | None, argument("Only this device.")] = None,
        metric: Annotated[str | None, argument("Only this metric.")] = None,
        severity: Annotated[AnomalySeverity | None, argument("Only those at least so severe.")] = None,
        start: Annotated[datetime | None, argument("Only hours that begin at or after this.", "from")] = None,
        end: Annotated[datetime | None, argument("Only hours that begin before this.", "to")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> AnomalyConnection:
        services = info.context.services
        page = page_of(services.limits, first=first, after=after, last=last, before=before)
        wanted = anomalies.Wanted(device_id, metric, severity, start, end, page)
        history.shared(services)
        await info.context.visibility.at_least(WINDOWS, at_least)
        return await anomalies.anomalies(services, wanted)

    @guarded(Role.VIEWER, "The read models and how they stand.")
    async def projections(self, info: Info) -> list[Projection]:
        services = info.context.services
        return [projection(status, services) for status in services.projections.status()]

    @guarded(Role.VIEWER, "The last run of the job that moves old readings into the archive; null where there was none yet.")
    async def retention_run(self, info: Info) -> RetentionRun | None:
        return last_run(info.context.services)
