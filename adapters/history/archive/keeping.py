"""Taking a day into the archive: gathered, written under a draft's name, read back, and only then given its own name."""

import os
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

import msgspec

from adapters.history.archive.engine import Engine
from adapters.history.archive.entries import Begun, Entry, Kept, Placed
from adapters.history.archive.holdings import Holdings
from adapters.history.archive.layout import DRAFT, day_text, folder_of, is_as_named, part_name
from adapters.history.archive.staging import SiteOf, Staging
from adapters.history.archive.table import Note, note_of
from adapters.history.port import HistoryError, HistoryUnavailableError
from adapters.history.tiers import TieredHistory
from domain.digest import Digest
from schema.times import DAY_US


class DayKept(msgspec.Struct, frozen=True):
    """How many rows of a day the archive has now, how many of them are new to it, in how many bytes; and what says so."""

    rows: int
    new_rows: int
    size: int
    entries: tuple[Entry, ...]
    replaced: tuple[Path, ...]


class ChangedMeanwhileError(Exception):
    """The day got more rows while it was read: it is taken another time."""


class DayKeeper:
    """Takes one day into the folders of an archive. It writes files, but nothing into the manifest, and deletes nothing."""

    def __init__(self, root: Path, engine: Engine, holdings: Holdings, log_id: str, site_of: SiteOf) -> None:
        self._root = root
        self._engine = engine
        self._holdings = holdings
        self._log_id = log_id
        self._site_of = site_of

    async def keep(self, store: TieredHistory, day: int) -> DayKept:
        """Files that hold all that store and archive have of the day. HistoryError where they cannot be made, or read back."""
        with Staging(self._engine, self._root) as staging:
            await store.visit(day, day + DAY_US, staging.take)
            await self._as_the_store_says(store, day, staging)
            return await staging.at_work(lambda: self._file(staging, day))

    async def _as_the_store_says(self, store: TieredHistory, day: int, staging: Staging) -> None:
        there = await store.digest(day, day + DAY_US)
        if there != (await staging.at_work(lambda: staging.raw(of_store=True))).total():
            raise ChangedMeanwhileError

    def _file(self, staging: Staging, day: int) -> DayKept:
        sites = {device: self._site(device) for device in staging.devices()}
        placed = tuple(_placements(sites, self._holdings))
        old = {site: self._old(site, day) for site in dict.fromkeys(sites.values())}
        files = list(chain.from_iterable(old.values()))
        for file in files:
            _whole(file, staging)
        staging.take_files(files)
        # Old files of a site may hold devices of which nothing new came.
        staging.place({device: self._site(device) for device in staging.devices()})
        made = [self._file_site(staging, site, day, files) for site, files in old.items()]
        begun: tuple[Entry, ...] = () if self._holdings.log_id is not None else (Begun(self._log_id),)
        kept = [entry for entry, _ in made if entry is not None]
        replaced = [folder_of(self._root, one.site, day) / name for one in kept for name in one.replaces]
        rows = sum(digest.rows for _, digest in made)
        size = sum((folder_of(self._root, one.site, day) / one.name).stat().st_size for one in kept)
        return DayKept(rows, rows - self._known(old), size, (*begun, *placed, *kept), tuple(replaced))

    def _site(self, device: str) -> str | None:
        """Where it is filed already, so that none is filed twice; else where it is said to be."""
        known = self._holdings.sites
        return known[device] if device in known else self._site_of(device)

    def _old(self, site: str | None, day: int) -> list[Path]:
        """The files that are there, each read and found to hold what it says. Whatever a crash left there is among them."""
        files = sorted(folder_of(self._root, site, day).glob("*.parquet"))
        kept = self._holdings.files.get((site, day), {})
        if missing := set(kept) - {file.name for file in files}:
            raise HistoryError(
                f"{folder_of(self._root, site, day) / min(missing)} is missing from the archive: restore it from a backup. "
                "Until then the store keeps what it has of that day"
            )
        return files

    def _known(self, old: "dict[str | None, list[Path]]") -> int:
        return sum(note.rows for file in chain.from_iterable(old.values()) if (note := note_of(file)) is not None)

    def _file_site(self, staging: Staging, site: str | None, day: int, old: Sequence[Path]) -> tuple[Kept | None, Digest]:
        digest = staging.of_site(site)
        name = part_name(digest)
        entry = Kept(site, day_text(day), name, digest.rows, str(digest), tuple(file.name for file in old if file.name != name))
        if not any(file.name == name for file in old):
            note = Note(site, day_text(day), digest.rows, str(digest), self._log_id, tuple(self._of(site, staging)))
            self._write(staging, folder_of(self._root, site, day) / name, note)
        elif not entry.replaces and name in self._holdings.files.get((site, day), {}):
            return None, digest
        return entry, digest

    def _of(self, site: str | None, staging: Staging) -> list[str]:
        return [device for device in staging.devices() if self._site(device) == site]

    def _write(self, staging: Staging, path: Path, note: Note) -> None:
        draft = path.with_name(f".{path.name}{DRAFT}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            staging.write(draft, note)
            sync(draft)
            found = staging.read_back(draft)
            if str(found) != note.digest:
                raise HistoryError(
                    f"{draft} was read back and holds {found} where {note.digest} was written: is the disk sound?"
                )
            draft.rename(path)
            for folder in (path.parent, path.parent.parent, self._root):
                sync(folder)
        except OSError as error:
            raise HistoryUnavailableError(f"the archive {self._root} cannot be written: {error.strerror}") from error
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def _placements(sites: dict[str, str | None], holdings: Holdings) -> list[Placed]:
    new = [device for device in sites if device not in holdings.sites]
    return [
        Placed(site, tuple(device for device in new if sites[device] == site))
        for site in dict.fromkeys(sites[device] for device in new)
    ]


def _whole(file: Path, staging: Staging) -> None:
    """HistoryError where a file does not hold what its name says."""
    if not is_as_named(file, staging.read_back(file)):
        raise HistoryError(
            f"the archive's file {file} is damaged: it does not hold the rows that it was named for. Nothing of that day is "
            "deleted; restore it from a backup"
        )


def sync(path: Path) -> None:
    """Make a file, or what names a folder has, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
