"""Days of the archive whose files are missing or damaged, and by which it is seen that a file was put back."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from adapters.history.archive.holdings import SiteDay

Marks = tuple[tuple[int, int, int] | None, ...]
FilesOf = Callable[[str | None, int], list[Path]]


class LostDays:
    """Lost as far as this process knows. `files_of` names the files of a site's day; `losses` counts how often one was lost."""

    def __init__(self, files_of: FilesOf) -> None:
        self.losses = 0
        self._files_of = files_of
        self._marks: dict[SiteDay, Marks] = {}

    def __contains__(self, place: SiteDay) -> bool:
        return place in self._marks

    def add(self, place: SiteDay) -> None:
        self._marks[place] = _marks(self._files_of(*place))
        self.losses += 1

    def found(self) -> Iterator[SiteDay]:
        """Those whose files are there and others than when they were lost. They are lost no more."""
        for place, before in list(self._marks.items()):
            now = _marks(self._files_of(*place))
            if now != before and None not in now:
                del self._marks[place]
                yield place


def _marks(files: Iterable[Path]) -> Marks:
    """By which a file is known to be another one; None for one that is missing."""
    found: list[tuple[int, int, int] | None] = []
    for file in files:
        try:
            stat = file.stat()
        except FileNotFoundError:
            found.append(None)
        else:
            found.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)
