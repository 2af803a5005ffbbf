"""The devices in order of their ids, and by location, so that a page of a listing costs what it shows."""

from bisect import bisect_right, insort
from collections.abc import Iterator
from heapq import merge
from itertools import islice


class DeviceDirectory:
    """Device ids sorted, whole and for each location; a location is a path `site/house/zone`, or unknown."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._location: dict[str, str | None] = {}
        self._ids_at: dict[str, list[str]] = {}

    def place(self, device_id: str, location: str | None) -> None:
        """The device is there now, and nowhere else."""
        if device_id not in self._location:
            insort(self._ids, device_id)
        elif (before := self._location[device_id]) == location:
            return
        elif before is not None:
            self._leave(device_id, before)
        self._location[device_id] = location
        if location is not None:
            insort(self._ids_at.setdefault(location, []), device_id)

    def page(self, *, first: int, after: str | None, location: str | None) -> list[str]:
        """At most `first` ids after `after`; at or below the location if one is given."""
        lists = [self._ids] if location is None else list(self._below(location))
        return list(islice(merge(*(_tail(ids, after, first) for ids in lists)), first))

    def ids(self) -> list[str]:
        return self._ids

    def _leave(self, device_id: str, location: str) -> None:
        ids = self._ids_at[location]
        ids.remove(device_id)
        if not ids:
            del self._ids_at[location]

    def _below(self, location: str) -> Iterator[list[str]]:
        prefix = location.rstrip("/") + "/"
        return (ids for place, ids in self._ids_at.items() if (place + "/").startswith(prefix))


def _tail(ids: list[str], after: str | None, first: int) -> list[str]:
    start = 0 if after is None else bisect_right(ids, after)
    return ids[start : start + first]
