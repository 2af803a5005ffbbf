"""The archive of one history: a folder of Parquet files, a manifest of them, and what can be asked of both.

The manifest keeps what was let go of too, so that rows which were there once and are gone can be told from rows that never
were: a site's day is gone where the manifest knows of its files, they are deleted (by the archive's own retention, or by
somebody's hand) and the store has dropped that day.
"""

import asyncio
import fcntl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import IO, TypeVar

import structlog
from duckdb import DuckDBPyConnection

from adapters.history import duckdb_ranges as ranges
from adapters.history.archive import reading
from adapters.history.archive.engine import DamagedFileError, Engine, tidy
from adapters.history.archive.entries import Begun, Dropped, Entry, Expired, Floor, Kept, Placed, Refilled
from adapters.history.archive.holdings import Holdings, SiteDay, told
from adapters.history.archive.keeping import DayKeeper, DayKept, sync
from adapters.history.archive.layout import LOCK, MANIFEST, day_text, folder_of
from adapters.history.archive.lost import LostDays
from adapters.history.archive.manifest import Manifest
from adapters.history.archive.staging import SiteOf
from adapters.history.archive.table import note_of
from adapters.history.port import (
    BeyondRetentionError,
    HistoryError,
    HistoryRow,
    HistoryUnavailableError,
    RangeQuery,
    RowsLostError,
)
from adapters.history.tiers import TieredHistory
from domain.windows import Span
from schema.times import EARLIEST_US, LATEST_US

T = TypeVar("T")
EVER = (EARLIEST_US, LATEST_US)
_ATTEMPTS = 5


class Archive:
    """Written by the process that owns its history, read by any. A folder that is not there yet is an empty archive."""

    def __init__(self, root: Path, holdings: Holdings, manifest: Manifest) -> None:
        self.root = root
        self.engine = Engine(root)
        self._holdings = holdings
        self._manifest = manifest
        self._reading = Lock()  # threads look into the holdings, too
        self._lost = LostDays(self._files_of)

    @classmethod
    async def open(cls, root: Path, store: str = "") -> "Archive":
        """The archive as a store of that name sees it.

        HistoryError where its manifest cannot be read. Where there is none it is told from the files.
        """
        manifest = Manifest(root / MANIFEST)
        holdings = await asyncio.to_thread(_holdings, root, manifest, store)
        return cls(root, holdings, manifest)

    @property
    def holdings(self) -> Holdings:
        """With what another process, or another version of the history in this one, added meanwhile."""
        with self._reading:
            if self._manifest.has_more():
                for entry in self._manifest.read():
                    self._holdings.take(entry)
            for place in self._lost.found():
                self._holdings.find(*place)
        return self._holdings

    @property
    def losses(self) -> int:
        """How often a day was found to be lost."""
        return self._lost.losses

    async def close(self) -> None:
        await self.engine.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Held by the one job that changes it; HistoryError where another process has it, or it cannot be written."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with (self.root / LOCK).open("a") as lock:
                _take(lock, self.root)
                tidy(self.root)
                yield
        except OSError as error:  # of the job, too: it touches files of the archive alone
            raise HistoryUnavailableError(f"the archive {self.root} cannot be written: {error.strerror}") from error

    async def keep_day(self, store: TieredHistory, day: int, log_id: str, site_of: SiteOf) -> DayKept:
        """Take a day of the store in. What it returns is in the archive and was read back."""
        self.require_log(log_id)
        kept = await DayKeeper(self.root, self.engine, self.holdings, log_id, site_of).keep(store, day)
        await self.note(*kept.entries)
        await asyncio.to_thread(_delete, kept.replaced)
        return kept

    def require_log(self, log_id: str) -> None:
        """HistoryError where the archive holds readings of another log: their places in it would mean nothing here."""
        held = self.holdings.log_id
        if held not in {None, log_id}:
            raise HistoryError(
                f"the archive {self.root} holds readings of another event log ({held}); name another folder with the setting "
                "`archive`, or move this one away: it is filled again from the log"
            )

    async def let_go(self, day: int) -> None:
        """Note that the store drops its rows of a day, before it does."""
        if day not in self.holdings.dropped:
            await self.note(Dropped(day_text(day), self.holdings.store))

    async def refilled(self) -> None:
        """Note that the store gets all rows again, after it was emptied."""
        if self.holdings.dropped:
            await self.note(Refilled(self.holdings.store))

    async def lower(self, span: Span, before_us: int) -> None:
        """Note that windows of that span are dropped up to there, before they are."""
        if before_us > self.holdings.floor(span):
            await self.note(Floor(span, before_us))

    async def expire(self, site: str | None, day: int) -> None:
        """Delete what there is of a site's day."""
        files = self._files_of(site, day)
        await self.note(Expired(site, day_text(day)))
        await asyncio.to_thread(_delete, files)

    async def note(self, *entries: Entry) -> None:
        """Write to the manifest, which is then believed."""
        if entries:
            await asyncio.to_thread(self._manifest.add, *entries)

    def site_days(self, device: str, start_us: int, end_us: int) -> list[SiteDay]:
        """Of which there are files that may hold rows of the device."""
        sites = self.holdings.sites
        if device not in sites:
            return []
        return [(sites[device], day) for day in self.holdings.in_range(sites[device], start_us, end_us)]

    def rows_gone(self, device: str, start_us: int, end_us: int) -> bool:
        """Whether rows of the device may have been there once, that no file has any more."""
        sites = self.holdings.sites
        return device in sites and bool(self.holdings.gone(sites[device], start_us, end_us))

    def require(self, device: str, start_us: int, end_us: int) -> None:
        """BeyondRetentionError where some days of the range were there once and are gone."""
        if device not in self.holdings.sites:
            return
        self.files(self.site_days(device, start_us, end_us))
        if days := self.holdings.gone(self.holdings.sites[device], start_us, end_us):
            until = f" to {day_text(days[-1])}" if len(days) > 1 else ""
            raise BeyondRetentionError(
                f"readings of {device} of {day_text(days[0])}{until} are past the retention of the archive, or missing from "
                "it; ask for a range without these days"
            )

    def files(self, days: Iterable[SiteDay]) -> list[Path]:
        """The files of these days, but of lost ones. Where one is missing that the store relies on, that day is lost."""
        found: list[Path] = []
        holdings = self.holdings
        for site, day in days:
            if (site, day) in self._lost:
                continue
            files = self._files_of(site, day)
            missing = next((file for file in files if not file.exists()), None)
            if missing is not None and day in holdings.dropped:
                self._require_there()
                self._lose(site, day, missing, "missing")
            else:
                found += [file for file in files if file.exists()]
        return found

    def gone(self) -> dict[str, list[int]]:
        """Where the days start, of each device, whose rows are kept nowhere any more."""
        by_site = self.holdings.all_gone()
        return {device: by_site[site] for device, site in self.holdings.sites.items() if site in by_site}

    async def columns(self, wanted: Sequence[ranges.Numbered], days: Sequence[SiteDay]) -> reading.Rows:
        """The rows of these ranges, of the files of these days."""
        return await self._ask(days, lambda files: lambda cursor: reading.columns(cursor, files, wanted))

    async def page(self, query: RangeQuery, days: Sequence[SiteDay]) -> list[HistoryRow]:
        """The first rows of the query in the files of these days."""
        return await self._ask(days, lambda files: lambda cursor: reading.page(cursor, files, query))

    async def _ask(self, days: Sequence[SiteDay], question: Callable[[list[Path]], Callable[[DuckDBPyConnection], T]]) -> T:
        """Once more where a file was replaced by a later one meanwhile. RowsLostError where one is lost from now on."""
        for _ in range(_ATTEMPTS):
            losses = self.losses
            files = await asyncio.to_thread(self.files, days)
            if self.losses > losses:
                raise RowsLostError(f"files of the archive {self.root} are missing: restore them from a backup")
            try:
                return await self.engine.ask(question(files), files)
            except DamagedFileError as error:
                if self.lose(error.file, days):
                    raise RowsLostError(str(error)) from error
            except HistoryError:
                if all(file.exists() for file in files):
                    raise
        raise HistoryUnavailableError(f"the archive {self.root} changes faster than it can be read; try again")

    def lose(self, damaged: Path, days: Iterable[SiteDay]) -> bool:
        """Whether that file is still one of these days: its day is gone then, until another file is in its place."""
        place = next(((site, day) for site, day in days if damaged in self._files_of(site, day)), None)
        if place is None or not damaged.exists():
            return False
        self._lose(*place, damaged, "damaged")
        return True

    def _require_there(self) -> None:
        if not (self.root / MANIFEST).exists():
            raise HistoryUnavailableError(f"the archive {self.root} is not there: is the disk that it lies on mounted?")

    def _lose(self, site: str | None, day: int, file: Path, how: str) -> None:
        structlog.get_logger().error("archive_file_lost", file=str(file), how=how, action="restore it from a backup")
        with self._reading:
            self._lost.add((site, day))
            self._holdings.lose(site, day)

    def _files_of(self, site: str | None, day: int) -> list[Path]:
        return [folder_of(self.root, site, day) / name for name in self._holdings.files.get((site, day), {})]


def _holdings(root: Path, manifest: Manifest, store: str) -> Holdings:
    if manifest.path.exists():
        return told(manifest.read(), store)
    found = sorted(root.glob("site=*/day=*/*.parquet")) if root.exists() else []
    if not found:
        return Holdings(store)
    structlog.get_logger().warning("archive_manifest_made_anew", archive=str(root), files=len(found))
    holdings = told(_entries_of(found), store)
    manifest.replace(holdings.entries())
    return holdings


def _entries_of(files: Sequence[Path]) -> Iterator[Entry]:
    """What files say of themselves. The store has let go of such days, as far as anybody knows."""
    for file in files:
        note = note_of(file)
        if note is None:
            raise HistoryError(f"{file} is damaged, or no file of this archive: restore it from a backup, or move it away")
        yield Begun(note.log_id)
        yield Placed(note.site, note.devices)
        yield Kept(note.site, note.day, file.name, note.rows, note.digest)
        yield Dropped(note.day)


def _take(lock: IO[str], root: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise HistoryError(f"the archive {root} is being written by another process; try again later") from None


def _delete(files: Iterable[Path]) -> None:
    """Files, and the folders that they leave empty."""
    for file in files:
        file.unlink(missing_ok=True)
        folder = file.parent
        if folder.exists():
            sync(folder)
            if not any(folder.iterdir()):
                folder.rmdir()
