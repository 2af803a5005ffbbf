"""A thread of one's own for a file of SQLite, which blocks and may be used by one thread at a time."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import msgspec

from projections.read_model import TryAgainError

T = TypeVar("T")
_OURS: Final = (sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.DataError)
"""Mistakes of ours, which a file that is made anew would not mend."""


class DamagedError(TryAgainError):
    """The file cannot be read. Whoever starts again makes it anew from the log."""


class OwnThread:
    """Does one thing after the other. `what` is the file, in words."""

    def __init__(self, name: str, what: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._what = what
        self.damage: DamagedError | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """TryAgainError where the file is locked, or the disk is full; DamagedError where it cannot be read."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except sqlite3.OperationalError as error:
            raise TryAgainError(f"{self._what} cannot be used right now: {error}") from error
        except (sqlite3.DatabaseError, msgspec.DecodeError) as error:
            if isinstance(error, _OURS) and self.damage is None:
                raise
            self.damage = DamagedError(f"{self._what} is damaged, and is made anew from the event log: {error}")
            raise self.damage from error

    def require_sound(self) -> None:
        """DamagedError where the file turned out to be damaged."""
        if self.damage is not None:
            raise self.damage

    def close(self) -> None:
        """Once it has nothing left to do."""
        self._pool.shutdown()
