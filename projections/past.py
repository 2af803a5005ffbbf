"""The past of a device: its state as of a moment, as it was known at a moment. Folded from the log on demand, kept nowhere.

The fold is that of the latest state, which also says where to begin: whatever is the latest now and was said by then is the
answer. For the rest the device's stream is read backwards, until nothing that was recorded before can be newer.
"""

import asyncio
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, cast

import msgspec
import numpy as np

from adapters.event_log.iterating import closing
from adapters.event_log.port import EventLog
from adapters.history.port import BeyondRetentionError
from domain.gates import AHEAD_TOLERANCE
from projections.decision_state import DecisionState
from projections.device_state import HEARD, DeviceState
from projections.device_view import device_view
from projections.feed_queries import FeedEvent
from projections.house_state import Known
from projections.latest_queries import DeviceView
from projections.moment import Moment, begun, said_by
from projections.past_readings import PastReadings
from projections.stretch_of_stream import Extent, backwards, extent, first_after, forwards
from projections.taken import Taken
from schema.events import Clock, DeviceMetadata, SensorReading
from schema.times import EARLIEST_US, format_time, from_micros, to_micros

_CLOCKS_OF_OURS: Final = timedelta(minutes=1)
_AHEAD_US: Final = (AHEAD_TOLERANCE + _CLOCKS_OF_OURS) // timedelta(microseconds=1)
"""How long before its own timestamp an event can be recorded at most, if its clock is to be believed."""
_AT_ONCE: Final = 2
"""How many look into the past at one time: each holds a part of the log in memory."""
Spend = Callable[[int], None]
"""Told how many events are about to be folded, or were just read; it raises where they are too many."""


class Present(Protocol):
    """The latest state."""

    def known(self, device_id: str) -> Known | None: ...


class PastState(msgspec.Struct, frozen=True):
    """A device as it was. `location` is where it was at that moment; `view` holds where it was put last."""

    view: DeviceView
    location: str | None


class Past:
    """Looks into the past of devices, of which it remembers nothing."""

    def __init__(self, log: EventLog, present: Present) -> None:
        self._log = log
        self._present = present
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def state(self, device_id: str, moment: Moment, spend: Spend) -> PastState | None:
        """None where nothing was known of the device; BeyondRetentionError where what is needed has left the log."""
        present = self._present.known(device_id)
        if present is None:
            return None
        device, decisions = begun(present.device, moment), present.decisions
        wanted = {thing for thing, said in said_by(present.device).items() if moment.since is None or said >= moment.since}
        async with self._room:
            if moment.known_us is not None:
                decisions, device.decided = DecisionState(), None
                await self._decided(device, decisions, moment.known_us, spend)
            await self._heard(device, wanted - said_by(device).keys(), moment, spend)
        if device.decided is None and not said_by(device):
            return None
        return PastState(device_view(device, decisions), _location(decisions, device_id, moment.as_of))

    async def readings(self, device_id: str, start_us: int, end_us: int, *, known_us: int, spend: Spend) -> PastReadings:
        """What was measured in [start, end), but by a clock ahead of ours; all that is kept where `start_us` is EARLIEST_US.

        BeyondRetentionError where a part of what is asked for has left the log.
        """
        decisions, taken = DecisionState(), Taken({device_id: None})
        async with self._room:
            await self._decided(DeviceState(device_id), decisions, known_us, spend)
            known = await extent(self._log, f"device-{device_id}", known_us)
            first = await self._first(device_id, known, start_us)
            spend(known.end - first)
            async with closing(forwards(self._log, known, first)) as pages:
                async for page in pages:
                    within = [fed for fed in page.events if _is_within(fed, start_us, end_us, known_us)]
                    taken.take(msgspec.structs.replace(page, events=within))
            return PastReadings(await asyncio.to_thread(taken.rows.rows), decisions, known.position)

    async def _first(self, device_id: str, known: Extent, start_us: int) -> int:
        """From which revision on all can be that was measured since then."""
        if start_us == EARLIEST_US:
            return known.first
        first = await first_after(self._log, known, start_us - _AHEAD_US - 1)
        if first == known.first and await self._has_lost(known, device_id):
            raise await self._gone(known)
        return first

    async def _decided(self, device: DeviceState, decisions: DecisionState, known_us: int, spend: Spend) -> None:
        known = await extent(self._log, f"control-{device.device_id}", known_us)
        if known.first > 0:
            raise await self._gone(known)
        spend(known.end)
        async with closing(forwards(self._log, known, 0)) as pages:
            async for page in pages:
                for fed in page.events:
                    decisions.take(fed)
                    if isinstance(fed.event, DeviceMetadata):
                        device.decide(fed.recorded, fed.event)

    async def _heard(self, device: DeviceState, wanted: set[Hashable], moment: Moment, spend: Spend) -> None:
        """Fold in what was said, until all that is wanted is found."""
        if not wanted:
            return
        known = await extent(self._log, f"device-{device.device_id}", moment.known_us)
        since_us = EARLIEST_US if moment.since is None else to_micros(moment.since) - _AHEAD_US
        async with closing(backwards(self._log, known)) as pages:
            async for page in pages:
                spend(len(page.events))
                for recorded, event in ((fed.recorded, cast("Any", fed.event)) for fed in page.events):
                    hear = HEARD.get(type(event))
                    if hear is not None and moment.holds(event.timestamp, recorded.recorded_us):
                        hear(device, recorded, event)
                oldest_us = page.events[-1].recorded.recorded_us
                if oldest_us < since_us or _is_found(wanted, said_by(device), oldest_us + _AHEAD_US):
                    return
        if await self._has_lost(known, device.device_id):
            raise await self._gone(known)

    async def _has_lost(self, known: Extent, device_id: str) -> bool:
        """Whether the start of what the device said has left the log, or all of it."""
        present = self._present.known(device_id)
        if known.first > 0 or present is None or not said_by(present.device):
            return known.first > 0
        return not await self._log.read_stream(known.stream, limit=1)

    async def _gone(self, known: Extent) -> BeyondRetentionError:
        kept = await self._log.read_stream(known.stream, limit=1)
        since = f"before {format_time(kept[0].recorded_at)}" if kept else "long ago"
        return BeyondRetentionError(
            f"what was recorded in {known.stream} {since} has left the event log, and the answer may rest on it; ask for "
            "`stateAt` with a `lookBack`, or for `readings` with a `from`, that begins later"
        )


def _is_found(wanted: set[Hashable], said: Mapping[Hashable, datetime], bound_us: int) -> bool:
    """Whether of all that is wanted something is held that was said after `bound_us`."""
    bound = from_micros(bound_us)
    return all(thing in said and said[thing] > bound for thing in wanted)


def _is_within(fed: FeedEvent, start_us: int, end_us: int, known_us: int) -> bool:
    event = fed.event
    return (
        isinstance(event, SensorReading)
        and event.clock is not Clock.AHEAD
        and fed.recorded.recorded_us <= known_us
        and start_us <= to_micros(event.timestamp) < end_us
    )


def _location(decisions: DecisionState, device_id: str, moment: datetime) -> str | None:
    placements = decisions.placements(device_id)
    [place] = placements.at(np.array([to_micros(moment)])).tolist()
    return None if place < 0 else placements.locations[place]
