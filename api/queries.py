"""The fields of Query: each asks a read model, and says which role may ask."""

from datetime import date, datetime, timedelta
from typing import Annotated

import strawberry

from api import anomalies, history, windows
from api.context import Info
from api.cursors import DevicePlace, decode_place, decode_position
from api.errors import ApiError, ErrorCode
from api.fields import argument, guarded
from api.letters import read_letters
from api.retention import last_run
from api.roles import Role
from api.scalars import CursorText
from api.types.anomaly import AnomalyConnection
from api.types.audit import EventAudit, event_audit
from api.types.dead_letter import DeadLetterConnection, dead_letter_page
from api.types.device import Device, DeviceConnection, device, device_page
from api.types.enums import AnomalySeverity, Calendar
from api.types.heat import LocationCell
from api.types.key import ApiKey, api_key
from api.types.paging import page_size
from api.types.projection import Projection, projection
from api.types.reading_page import ReadingConnection
from api.types.retention import RetentionRun
from api.types.series import Series, SeriesSelector
from api.types.site import Site, site
from api.types.summary import DailySummary
from api.visibility import ACCOUNTS, DECISIONS, HISTORY, LATEST, LINEAGE, WINDOWS
from schema.envelope import Cursor
from schema.ids import parse_event_id

AtLeast = Annotated[CursorText | None, argument("Answer only once the read model has read up to here; waits at most 2 s.")]
First = Annotated[int | None, argument("How many to give: at most 500, by default 50.")]
After = Annotated[str | None, argument("Go on after this cursor.")]


@strawberry.type(description="What can be asked.")
class Query:
    @guarded(Role.VIEWER, "One device as it is now; null where it is not known.")
    async def device(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, argument("The device.")],  # noqa: A002 - the name is fixed
        at_least: AtLeast = None,
    ) -> Device | None:
        await info.context.visibility.at_least(LATEST, at_least)
        view = info.context.services.latest.device(id)
        return None if view is None else device(view)

    @guarded(Role.VIEWER, "Devices by id, page by page.")
    async def devices(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        location: Annotated[str | None, argument("Only those at or below this location, such as `site/house`.")] = None,
        at_least: AtLeast = None,
    ) -> DeviceConnection:
        services = info.context.services
        size = page_size(first, services.limits)
        start = None if after is None else decode_place(after, DevicePlace).device_id
        await info.context.visibility.at_least(LATEST, at_least)
        cursor = Cursor(services.log.log_id, info.context.visibility.position(LATEST))
        views = services.latest.devices(first=size + 1, after=start, location=location)
        return device_page(views, size, after, cursor.encode())

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
        first: First = None,
        after: After = None,
        at_least: AtLeast = None,
    ) -> ReadingConnection:
        history.shared(info.context.services)
        await info.context.visibility.at_least(HISTORY, at_least)
        await info.context.visibility.at_least(DECISIONS, at_least)
        wanted = history.Wanted(device_id, sensor_id, metric, start, end, page_size(first, info.context.services.limits), after)
        return await history.readings(info.context.services, wanted)

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
        history.shared(services)
        await info.context.visibility.at_least(WINDOWS, at_least)
        return await windows.series(services, wanted)

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
        at_least: AtLeast = None,
    ) -> AnomalyConnection:
        services = info.context.services
        wanted = anomalies.Wanted(device_id, metric, severity, start, end, page_size(first, services.limits), after)
        history.shared(services)
        await info.context.visibility.at_least(WINDOWS, at_least)
        return await anomalies.anomalies(services, wanted)

    @guarded(Role.VIEWER, "Where an event came from, and what the checks made of it; null where it is not known.")
    async def audit(
        self, info: Info, *, event_id: Annotated[strawberry.ID, argument("The event.")], at_least: AtLeast = None
    ) -> EventAudit | None:
        try:
            wanted = parse_event_id(event_id)
        except ValueError:
            raise ApiError(ErrorCode.INVALID_INPUT, f"{event_id[:64]!r} is not an event id") from None
        await info.context.visibility.at_least(LINEAGE, at_least)
        recorded = await info.context.services.lineage.find(wanted)
        return None if recorded is None else event_audit(recorded, info.context.services.log.log_id)

    @guarded(
        Role.VIEWER,
        "Messages that could not be understood, newest first, page by page; a page ends early where they are large.",
    )
    async def dead_letters(
        self, info: Info, *, first: First = None, after: After = None, at_least: AtLeast = None
    ) -> DeadLetterConnection:
        services = info.context.services
        size = page_size(first, services.limits)
        before = None if after is None else decode_position(after, services.log.log_id)
        await info.context.visibility.at_least(LINEAGE, at_least)
        views, more = await read_letters(services.lineage, size, before, info.context.letter_bytes)
        total = await services.lineage.count_dead_letters()
        return dead_letter_page(views, total, services.log.log_id, after, more=more)

    @guarded(Role.VIEWER, "The read models and how they stand.")
    async def projections(self, info: Info) -> list[Projection]:
        services = info.context.services
        return [projection(status, services) for status in services.projections.status()]

    @guarded(Role.VIEWER, "The last run of the job that moves old readings into the archive; null where there was none yet.")
    async def retention_run(self, info: Info) -> RetentionRun | None:
        return last_run(info.context.services)

    @guarded(Role.ADMIN, "All API keys, without their secrets.")
    async def keys(self, info: Info, *, at_least: AtLeast = None) -> list[ApiKey]:
        await info.context.visibility.at_least(ACCOUNTS, at_least)
        return [api_key(view) for view in info.context.services.accounts.keys()]  # noqa: SIM118 - no mapping
