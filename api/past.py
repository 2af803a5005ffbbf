"""Questions about the past: what a device's state was, and its readings, as of a moment and as they were known at a moment.

Both are folded from the log, a capped part of it, so they need no history.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from api.context import Context
from api.history import Wanted, page_in, walk_of
from api.services import Services
from api.types.device_state import DeviceState, device_state
from api.types.reading_page import ReadingConnection, reading_page
from domain.indices import INDICES
from projections.judging import Judge
from projections.moment import Moment
from projections.stretches import reach_of
from schema.envelope import Cursor
from schema.times import EARLIEST_US, LATEST_US, MINUTE_US, to_micros

_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
_LESS_STATE: Final = (
    "ask for a moment nearer to `knownAt`, or give `lookBack`, such as PT1H: what was said before it is left out"
)
_LESS_READINGS: Final = (
    "give a `from`, and a `knownAt` nearer to it; what is known now `readings` without `knownAt` tells at once"
)


async def state_at(
    context: Context, device_id: str, as_of: datetime, known_at: datetime | None, look_back: timedelta | None
) -> DeviceState | None:
    """None where nothing was known of the device."""
    as_of = as_of.astimezone(UTC)
    since = None if look_back is None else as_of - min(look_back, as_of - _BEGINNING)
    moment = Moment(as_of, since, None if known_at is None else to_micros(known_at))
    past = await context.services.past.state(device_id, moment, lambda events: context.folded.spend(events, _LESS_STATE))
    return None if past is None else device_state(past, as_of, known_at or context.services.clock())


async def readings(context: Context, wanted: Wanted, known_at: datetime) -> ReadingConnection:
    """A page. Its live cursor goes on with what was recorded after `known_at`."""
    services = context.services
    walk, reach_us = walk_of(services, wanted), _reach_us(services, wanted)
    if not services.sees(wanted.device):
        return reading_page([], wanted.page, Cursor(services.log.log_id, None))
    start_us = max(
        EARLIEST_US if wanted.start is None else to_micros(wanted.start) - reach_us,
        EARLIEST_US if walk.after is None else walk.after.timestamp_us - reach_us,
    )
    known = await services.past.readings(
        wanted.device,
        start_us,
        LATEST_US if wanted.end is None else to_micros(wanted.end) + reach_us,
        known_us=to_micros(known_at),
        spend=lambda events: context.folded.spend(events, _LESS_READINGS),
    )
    seen = walk.seen or Cursor(services.log.log_id, known.position)
    return await page_in(known, Judge(services.rules.quality, known.decisions), wanted, walk, seen)


def _reach_us(services: Services, wanted: Wanted) -> int:
    """How far from a reading those may lie that its verdict rests on."""
    if wanted.metric is not None:
        metrics = {wanted.metric, *(INDICES[wanted.metric].inputs if wanted.metric in INDICES else ())}
    else:
        view = services.latest.device(wanted.device)
        metrics = set() if view is None else {reading.metric for reading in view.readings}
    reaches = [reach_of(services.rules.quality.of(metric)) for metric in metrics]
    return 2 * MINUTE_US + max((2 * reach.near_us + reach.flat_us for reach in reaches), default=0)
