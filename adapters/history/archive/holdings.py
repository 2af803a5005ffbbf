"""What an archive holds, in memory: as its manifest tells. Small: a record for each site's day, a name for each device."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from adapters.history.archive.entries import Begun, Dropped, Entry, Expired, Floor, Kept, Placed, Refilled
from adapters.history.archive.layout import day_of, day_start, day_text
from domain.windows import Span
from schema.times import DAY_US, EARLIEST_US

NEVER: Final = EARLIEST_US
SiteDay = tuple[str | None, int]


class Holdings:
    """Told entry by entry, for one of the stores whose rows it holds. `dropped` are the days that this store has let go of.

    What left the archive is gone where the store has let go of it, too: another version of the history, filled from the log
    since, still has it.
    """

    def __init__(self, store: str = "") -> None:
        self.store = store
        self.log_id: str | None = None
        self.sites: dict[str, str | None] = {}
        self.files: dict[SiteDay, dict[str, Kept]] = {}
        self.dropped: set[int] = set()
        self._days: dict[str | None, list[int]] = {}
        self._gone: dict[str | None, list[int]] = {}
        self._floors: dict[str, int] = {}

    def take(self, entry: Entry) -> None:
        """What an entry changes."""
        if isinstance(entry, Kept):
            self._keep(entry)
        elif isinstance(entry, Placed):
            self.sites.update(dict.fromkeys(entry.devices, entry.site))
        elif isinstance(entry, Dropped):
            if entry.store in {None, self.store}:
                self.dropped.add(day_start(entry.day))
        elif isinstance(entry, Refilled):
            if entry.store == self.store:
                self.dropped.clear()
        elif isinstance(entry, Expired):
            self._expire(entry.site, day_start(entry.day))
        elif isinstance(entry, Floor):
            self._floors[entry.span] = max(entry.before_us, self.floor(Span(entry.span)))
        elif isinstance(entry, Begun):
            self.log_id = entry.log_id

    def floor(self, span: Span) -> int:
        """Windows of that span are kept from here on."""
        return self._floors.get(span, NEVER)

    def days(self) -> list[int]:
        """Of which there are files."""
        return sorted(set(chain.from_iterable(self._days.values())))

    def in_range(self, site: str | None, start_us: int, end_us: int) -> list[int]:
        """The days of a site of which there are files, that overlap [start, end), in order."""
        return _overlapping(self._days.get(site, []), start_us, end_us)

    def gone(self, site: str | None, start_us: int, end_us: int) -> list[int]:
        """The days of a site that were there once, likewise."""
        return [day for day in _overlapping(self._gone.get(site, []), start_us, end_us) if day in self.dropped]

    def all_gone(self) -> dict[str | None, list[int]]:
        """The same of every site, for all time."""
        found = {site: [day for day in days if day in self.dropped] for site, days in self._gone.items()}
        return {site: days for site, days in found.items() if days}

    def whole_from(self) -> int:
        """Where the last day ends that is gone, of any site."""
        if not self.dropped:
            return NEVER
        last = (next((day for day in reversed(days) if day in self.dropped), None) for days in self._gone.values())
        return max((day + DAY_US for day in last if day is not None), default=NEVER)

    def entries(self) -> Iterator[Entry]:
        """What tells the same anew, in as few lines as can be."""
        if self.log_id is not None:
            yield Begun(self.log_id)
        for site in dict.fromkeys(self.sites.values()):
            yield Placed(site, tuple(device for device, placed in self.sites.items() if placed == site))
        for files in self.files.values():
            yield from files.values()
        for day in sorted(self.dropped):
            yield Dropped(day_text(day))

    def lose(self, site: str | None, day: int) -> None:
        """A day whose files are not where they should be, for as long as this process knows no better."""
        _remove(self._days.get(site, []), day)
        _add(self._gone.setdefault(site, []), day)

    def find(self, site: str | None, day: int) -> None:
        """A day whose files are there again."""
        if (site, day) in self.files:
            _remove(self._gone.get(site, []), day)
            _add(self._days.setdefault(site, []), day)

    def _keep(self, kept: Kept) -> None:
        day = day_start(kept.day)
        files = self.files.setdefault((kept.site, day), {})
        for name in kept.replaces:
            files.pop(name, None)
        files[kept.name] = kept
        _add(self._days.setdefault(kept.site, []), day)
        _remove(self._gone.get(kept.site, []), day)

    def _expire(self, site: str | None, day: int) -> None:
        self.files.pop((site, day), None)
        _remove(self._days.get(site, []), day)
        _add(self._gone.setdefault(site, []), day)


def told(entries: Iterable[Entry], store: str = "") -> Holdings:
    """The holdings that these entries tell of."""
    holdings = Holdings(store)
    for entry in entries:
        holdings.take(entry)
    return holdings


def _overlapping(days: list[int], start_us: int, end_us: int) -> list[int]:
    return days[bisect_left(days, day_of(start_us)) : bisect_right(days, end_us - 1)]


def _add(days: list[int], day: int) -> None:
    place = bisect_left(days, day)
    if place == len(days) or days[place] != day:
        insort(days, day)


def _remove(days: list[int], day: int) -> None:
    place = bisect_left(days, day)
    if place < len(days) and days[place] == day:
        days.pop(place)
