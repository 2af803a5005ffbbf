"""The present state, told to a subscriber before what is new: the latest of each series, in the order of their names.

It takes a while to tell, and more comes meanwhile. Between two series all that came for those before is told too, so at any
cursor it is true that of the series up to that one all was seen, and of those after it nothing.
"""

from collections.abc import AsyncGenerator
from typing import Final

from adapters.event_log.iterating import closing
from api.cursors import BEFORE_ALL_SERIES, ResumePoint, SeriesName
from api.following import Following
from api.services import Services
from api.types.messages import Present, ReadingReceived
from api.visibility import LATEST, Visibility
from projections.feed_queries import FeedPage
from projections.latest_queries import DeviceView
from schema.envelope import Cursor, Position

_DEVICES: Final = 50
_LAST: Final = "\U0010ffff"
"""After every name."""


async def tell_present(services: Services, following: Following) -> AsyncGenerator[ReadingReceived, None]:
    """The latest of each wanted series after `following.told`; it then stands where that was so, with all told.

    ApiError NOT_YET_VISIBLE where the latest state does not come as far as the subscriber is.
    """
    more = True
    await Visibility(services).at_least(LATEST, following.here().encode())
    while more:
        told = following.told or BEFORE_ALL_SERIES
        position = services.projections.position(LATEST)
        views, more = _after(services, following, told)
        async for message in _meanwhile(following, told, position):
            yield message
        for message in _latest(services.log.log_id, following, views, position):
            following.told = message.point.told
            yield message
        if more:
            following.told = (views[-1].device_id, _LAST, _LAST)
    following.told = None


def _after(services: Services, following: Following, told: SeriesName) -> tuple[list[DeviceView], bool]:
    """The next devices, with that of which a part is told, and whether there are more."""
    device, latest = following.selection.device, services.latest
    begun = latest.device(told[0] if device is None else device)
    found = (
        latest.devices(first=_DEVICES, after=told[0] or None, location=following.selection.location) if device is None else []
    )
    return ([] if begun is None else [begun]) + found, len(found) == _DEVICES


async def _meanwhile(following: Following, told: SeriesName, until: Position | None) -> AsyncGenerator[ReadingReceived, None]:
    """What came up to that position of the series that were told."""
    if told == BEFORE_ALL_SERIES:
        following.skip(until)
    if until is None or (following.passed is not None and following.passed >= until):
        return
    async with closing(following.pages(lambda: None)) as pages:
        async for page in pages:
            for point, value in following.values(_up_to(page, until)):
                if value.series <= told:
                    yield ReadingReceived(point=point, told=value, conflated=0)
            if following.passed is not None and following.passed >= until:
                return


def _up_to(page: FeedPage, until: Position) -> FeedPage:
    if page.position is None or page.position <= until:
        return page
    return FeedPage([fed for fed in page.events if fed.recorded.position <= until], until, caught_up=False)


def _latest(log_id: str, following: Following, views: list[DeviceView], position: Position | None) -> list[ReadingReceived]:
    told, selection = following.told or BEFORE_ALL_SERIES, following.selection
    return [
        ReadingReceived(
            point=ResumePoint(Cursor(log_id, position), told=(view.device_id, reading.sensor, reading.metric)),
            told=Present(view.device_id, reading),
            conflated=0,
        )
        for view in views
        if selection.has(view)
        for reading in view.readings
        if (view.device_id, reading.sensor, reading.metric) > told and selection.metric in {None, reading.metric}
    ]
