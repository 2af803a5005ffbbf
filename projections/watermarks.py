"""Watermarks: how far the time of each device has come, and what came after its window was final.

The watermark of a device advances by min(event time, recorded time), so that a fast clock does not close windows early. A
device of which nothing is recorded for a while is idle: time passes for it too. This is process history: a function of the
log, the same live and in a replay.
"""

from collections.abc import Mapping
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from adapters.history.port import SeriesKey, Watermark
from domain.raw_rows import RawRows
from schema.envelope import Position
from schema.times import EARLIEST_US, MINUTE_US


class Lateness(msgspec.Struct, frozen=True):
    """How long a window waits for what is late, and after how long of silence a device's time passes without it."""

    allowed_us: int = 10 * MINUTE_US
    idle_us: int = 60 * MINUTE_US


class Places(Protocol):
    """Where devices are."""

    def site(self, device: str) -> str | None:
        """The site that a device speaks from, as far as it is known."""
        ...

    def zone(self, site: str | None) -> str:
        """The name of the time zone of a site; UTC where none was decided."""
        ...


class Late(msgspec.Struct, frozen=True):
    """A row at `time_us` that came when the watermark stood at `watermark_us`: its windows may have been final."""

    series: SeriesKey
    time_us: int
    watermark_us: int
    position: Position


class Watermarks:
    """Those of all devices that were heard, told row by row in the order of the log. `places` knows of each device's site."""

    def __init__(self, marks: Mapping[str, Watermark], lateness: Lateness, places: Places) -> None:
        self._marks = dict(marks)
        self._lateness = lateness
        self._places = places
        self._changed: set[str] = set()

    def of(self, device: str) -> int:
        """The watermark of a device, as far as it went."""
        mark = self._marks.get(device)
        return EARLIEST_US if mark is None else mark.time_us

    def passed(self, device: str, recorded_us: int) -> int:
        """The same, once time has passed up to a recorded time: on it goes where the device is idle."""
        mark = self._marks.get(device)
        if mark is not None and (reached_us := standing(mark, recorded_us, self._lateness)) > mark.time_us:
            self._move(device, replace(mark, time_us=reached_us))
        return self.of(device)

    def zone_of(self, device: str) -> ZoneInfo:
        """The zone that the days of the device's site are made in."""
        mark = self._marks.get(device)
        return ZoneInfo("UTC" if mark is None else mark.zone)

    def take(self, rows: RawRows) -> list[Late]:
        """Move on by these rows; those that may come after a window was final are told. What was taken before is not."""
        found: list[Late] = []
        allowed_us, idle_us = self._lateness.allowed_us, self._lateness.idle_us
        moving: dict[str, tuple[int, int, Position]] = {}
        devices = [device for device, _, _ in rows.keys]
        columns = (rows.series.tolist(), rows.times.tolist(), rows.recorded.tolist(), rows.positions.tolist())
        for series, time_us, recorded_us, position in zip(*columns, strict=True):  # little is called: a rebuild has millions
            device = devices[series]
            mark = moving.get(device) or self._moving(device)
            said_us = min(recorded_us, time_us)
            if mark is None:
                site = self._places.site(device)
                self._move(device, Watermark(said_us, recorded_us, position, site, self._places.zone(site)))
                moving[device] = said_us, recorded_us, position
                continue
            stood_us, heard_us, known = mark
            if position < known:
                continue
            if recorded_us - heard_us >= idle_us:
                stood_us = max(stood_us, recorded_us - idle_us)
            if time_us < stood_us - allowed_us:
                found.append(Late(SeriesKey(*rows.keys[series]), time_us, stood_us, position))
            if position > known:
                reached_us = max(stood_us, said_us)
                moving[device] = reached_us, max(heard_us, recorded_us), position
        for device, (reached_us, heard_us, position) in moving.items():
            self._move(device, replace(self._marks[device], time_us=reached_us, recorded_us=heard_us, position=position))
        return found

    def _moving(self, device: str) -> tuple[int, int, Position] | None:
        mark = self._marks.get(device)
        return None if mark is None else (mark.time_us, mark.recorded_us, mark.position)

    def elsewhere(self, site: str) -> list[str]:
        """The devices of a site whose days are made in another zone than the site now has."""
        zone = self._places.zone(site)
        return [device for device, mark in self._marks.items() if mark.site == site and mark.zone != zone]

    def rezone(self, device: str) -> None:
        """From now on the days of this device are made in the zone that its site now has."""
        mark = self._marks[device]
        self._move(device, replace(mark, zone=self._places.zone(mark.site)))

    def changed(self) -> dict[str, Watermark]:
        """Those that moved since this was asked last."""
        moved, self._changed = self._changed, set()
        return {device: self._marks[device] for device in moved}

    def _move(self, device: str, mark: Watermark) -> None:
        self._marks[device] = mark
        self._changed.add(device)


def standing(mark: Watermark, now_us: int, lateness: Lateness) -> int:
    """Where a watermark stands at that recorded time, if nothing more was heard of the device."""
    idle = now_us - mark.recorded_us >= lateness.idle_us
    return max(mark.time_us, now_us - lateness.idle_us) if idle else mark.time_us
