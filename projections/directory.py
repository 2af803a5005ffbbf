"""The devices in order of their ids, and by location, so that a page of a listing costs what it shows."""

from bisect import bisect_left, bisect_right, insort
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

    def page(self, *, first: int, after: str | None, before: str | None, backwards: bool, location: str | None) -> list[str]:
        """At most `first` ids between the two, or with `backwards` the last; at or below the location if one is given."""
        lists = [self._ids] if location is None else list(self._below(location))
        parts = [_cut(ids, *_between(ids, after, before), first, backwards=backwards) for ids in lists]
        if len(parts) == 1:
            return parts[0]
        if backwards:
            return list(islice(merge(*map(reversed, parts), reverse=True), first))[::-1]
        return list(islice(merge(*parts), first))

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


def _cut(ids: list[str], begin: int, end: int, first: int, *, backwards: bool) -> list[str]:
    return ids[max(begin, end - first) : end] if backwards else ids[begin : min(end, begin + first)]


def _between(ids: list[str], after: str | None, before: str | None) -> tuple[int, int]:
    """The first of the ids beyond `after`, and the first that is not below `before`."""
    begin = 0 if after is None else bisect_right(ids, after)
    return begin, len(ids) if before is None else max(begin, bisect_left(ids, before))
