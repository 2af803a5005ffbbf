"""Where each version of each read model lies: the first under the name that it always had, others with their number."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from adapters.history.port import HistoryError
from domain.versions import FIRST
from glasshouse.data_folder import DataFolder
from glasshouse.numbered import drop, numbered, versions_at
from glasshouse.settings import Settings
from glasshouse.stores import drop_history, history_versions

HISTORY: Final = "history"
LINEAGE: Final = "lineage"
COMMANDS: Final = "commands"
SNAPSHOTS: Final = ("latest", "decisions", "accounts", "alerts")
NAMES: Final = (HISTORY, *SNAPSHOTS, COMMANDS, LINEAGE)
"""What can be rebuilt. Windows are part of the history."""
SCRATCH: Final = 0
"""The version that is filled to be compared, and thrown away."""
_BESIDE: Final = ("-wal", "-shm")


@dataclass(frozen=True)
class Shelf:
    """The versions of one process's read models."""

    settings: Settings

    def lineage(self, version: int) -> Path:
        return numbered(DataFolder(self.settings.folder).lineage, version)

    def commands(self, version: int) -> Path:
        return numbered(DataFolder(self.settings.folder).commands, version)

    def snapshot(self, name: str, version: int) -> Path:
        return numbered(DataFolder(self.settings.folder).snapshots / f"{name}.json", version)

    async def clear(self, name: str, kept: Collection[int]) -> None:
        """Drop the versions that nothing refers to."""
        if name == HISTORY:
            for version in await history_versions(self.settings):
                if version not in kept:
                    await drop_history(self.settings, version)
        else:
            await asyncio.to_thread(_drop, self._file(name), kept)

    def _file(self, name: str) -> Path:
        """Of the first version."""
        if name == LINEAGE:
            return self.lineage(FIRST)
        return self.commands(FIRST) if name == COMMANDS else self.snapshot(name, FIRST)

    async def tidy(self, name: str, kept: Collection[int]) -> None:
        """The same where it can wait: what cannot be dropped now is dropped at the next start or rebuild."""
        try:
            await self.clear(name, kept)
        except (HistoryError, OSError) as error:
            structlog.get_logger().warning("versions_not_dropped", projection=name, reason=str(error))


def _drop(first: Path, kept: Collection[int]) -> None:
    for version in list(versions_at(first)):
        if version not in kept:
            drop(numbered(first, version), _BESIDE)
