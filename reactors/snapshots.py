"""Snapshots: the control state of a device, heater on and fan off, as one event for whoever reads the log without us."""

from datetime import datetime, timedelta
from typing import Final

from adapters.event_log.port import EventLog
from reactors.appending import Appending, Step
from reactors.devices import Device
from reactors.situation import Situation
from schema.events import StateSnapshot

_EVERY: Final = timedelta(minutes=1)
"""A device has no more than one in this time."""
_AT_ONCE: Final = 500
_KEPT: Final = 10
"""Snapshots of a device that stay in the log, and as many again before they go."""


class Snapshots:
    """Keeps what changed. Implements `Reactor`."""

    name = "snapshots"

    def __init__(self, appending: Appending, log: EventLog) -> None:
        self._appending = appending
        self._log = log

    async def react(self, situation: Situation, now: datetime) -> datetime | None:
        """Keep the states that changed a minute or longer after they were kept last."""
        unsaved = [situation.devices[name] for name in situation.unsaved]
        due = [device for device in unsaved if _due_at(device, now) <= now][:_AT_ONCE]
        taken = await self._appending.append(situation, [_step(device, now) for device in due])
        for stream in sorted(taken):
            await self._tidy(stream, situation.revision(stream))
        return min((_due_at(situation.devices[name], now) for name in situation.unsaved), default=None)

    async def _tidy(self, stream: str, revision: int) -> None:
        """Let go of the old ones, now and then."""
        if revision >= 2 * _KEPT and revision % _KEPT == 0:
            await self._log.truncate(stream, revision - _KEPT + 1)


def _due_at(device: Device, now: datetime) -> datetime:
    return now if device.snapshot is None else device.snapshot.timestamp + _EVERY


def _step(device: Device, now: datetime) -> Step:
    name = device.control.device_id
    return Step(f"snapshot-{name}", StateSnapshot(device_id=name, timestamp=now, state=device.state), None, None)
