"""The thread of a file of SQLite: what is taken for damage, and what is not."""

import sqlite3
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from projections.own_thread import DamagedError, OwnThread
from projections.read_model import TryAgainError


@pytest.fixture
async def thread() -> AsyncIterator[OwnThread]:
    thread = OwnThread("index", "the index")
    yield thread
    thread.close()


def failing(error: Exception) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize("error", [sqlite3.DatabaseError("malformed"), msgspec.DecodeError("truncated")])
async def test_a_file_that_cannot_be_read_is_damaged_until_it_is_made_anew(thread: OwnThread, error: Exception) -> None:
    with pytest.raises(DamagedError, match="the index is damaged"):
        await thread.run(failing(error))
    with pytest.raises(DamagedError):
        thread.require_sound()
    with pytest.raises(DamagedError):
        await thread.run(failing(sqlite3.ProgrammingError("closed, since it could not be made anew yet")))


async def test_a_file_that_is_locked_is_not_thrown_away(thread: OwnThread) -> None:
    with pytest.raises(TryAgainError, match="right now"):
        await thread.run(failing(sqlite3.OperationalError("database is locked")))
    thread.require_sound()


@pytest.mark.parametrize("kind", [sqlite3.ProgrammingError, sqlite3.IntegrityError, sqlite3.DataError])
async def test_nor_is_one_that_we_use_wrongly(thread: OwnThread, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        await thread.run(failing(kind("a mistake of ours")))
    thread.require_sound()
