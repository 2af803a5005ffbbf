"""A thread of one's own, for what blocks and may be used by one thread at a time."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from projections.read_model import TryAgainError

T = TypeVar("T")


class OwnThread:
    """Does one thing after the other."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Once it has nothing left to do."""
        self._pool.shutdown()


@contextmanager
def away_for_now(what: str) -> Iterator[None]:
    """TryAgainError where a file is locked, or the disk is full."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise TryAgainError(f"{what} cannot be used right now: {error}") from error
