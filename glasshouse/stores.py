"""Opening the stores that the settings name. A store of another kind gets its branch here, and nowhere else."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote

import structlog
from msgspec.structs import replace

from adapters.event_log.esdb.schemes import SCHEMES
from adapters.event_log.port import EventLog, LogUnavailableError
from adapters.event_log.sqlite import SqliteEventLog
from adapters.history.influx.schemes import of_version
from adapters.history.port import HistoryUnavailableError
from domain.versions import FIRST
from glasshouse.numbered import drop, numbered, versions_at
from glasshouse.settings import Settings, file_of

if TYPE_CHECKING:
    from adapters.history.archived import ArchivedHistory
    from adapters.history.tiers import TieredHistory

Store = TypeVar("Store")
_RETRY_SECONDS: Final = 1.0


async def open_event_log(settings: Settings, *, read_only: bool = False) -> EventLog:
    """The event log of `event_log`; LogError in plain words. With `wait`, one that is away is waited for."""
    opened = partial(open_event_log_at, settings.event_log_url, read_only=read_only)
    return await (_waiting(opened, "waiting_for_the_event_log") if settings.wait else opened())


async def _waiting(opened: Callable[[], Awaitable[Store]], told_as: str) -> Store:
    """Again and again, and told of once for each reason."""
    told = ""
    while True:
        try:
            return await opened()
        except (LogUnavailableError, HistoryUnavailableError) as error:
            if told != (told := str(error)):
                structlog.get_logger().warning(told_as, reason=told)
            await asyncio.sleep(_RETRY_SECONDS)


async def open_event_log_at(url: str, *, read_only: bool = False) -> EventLog:
    """The event log at a URL; LogError in plain words."""
    if url.startswith(SCHEMES):
        # We fork only to run other programs; gRPC would say on stderr that it cannot follow.
        os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
        # It also says there what ended a handshake, which our sentence has.
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")
        from adapters.event_log.esdb.log import EsdbEventLog  # noqa: PLC0415  # gRPC is slow to load, and an embedded log needs none

        return await EsdbEventLog.open(url, read_only=read_only)
    return await SqliteEventLog.open(file_of(url, "sqlite", "event_log"), read_only=read_only)


def is_shared(settings: Settings) -> bool:
    """Whether several processes may ask the history of these settings at once."""
    return settings.history_path is None


def history_of_version(settings: Settings, version: int) -> Settings:
    """Settings that name another version of the history."""
    if version == FIRST:
        return settings
    if settings.history_path is None:
        return replace(settings, history=of_version(settings.history or "", version))
    return replace(settings, history=f"duckdb:///{quote(str(numbered(settings.history_path, version)))}")


async def history_versions(settings: Settings) -> list[int]:
    """The versions of the history that are there."""
    path = settings.history_path
    if path is None:
        from adapters.history.influx.versions import versions  # noqa: PLC0415  # its client is slow to load

        return await asyncio.to_thread(versions, settings.history or "")
    return await asyncio.to_thread(lambda: list(versions_at(path)))


async def drop_history(settings: Settings, version: int) -> None:
    """Drop a version that nobody fills or asks any more."""
    named = history_of_version(settings, version)
    path = named.history_path
    if path is None:
        from adapters.history.influx.versions import drop_version  # noqa: PLC0415  # its client is slow to load

        await asyncio.to_thread(drop_version, named.history or "")
    else:
        await asyncio.to_thread(drop, path, (".wal", ".tmp"))


async def open_history(settings: Settings, version: int = FIRST) -> "ArchivedHistory":
    """That version of the history of `history`, and its archive; HistoryError in plain words.

    With `wait`, a server that is away is waited for. Whatever another process, or another version of the history, archives
    is seen too.
    """
    from adapters.history.archive.archive import Archive  # noqa: PLC0415  # see below
    from adapters.history.archived import ArchivedHistory  # noqa: PLC0415  # see below

    store = await _open_store(history_of_version(settings, version))
    name = f"{'influxdb' if is_shared(settings) else 'duckdb'}-{version}"
    try:
        return ArchivedHistory(store, await Archive.open(settings.archive_path, name))
    except BaseException:
        await store.close()
        raise


async def _open_store(settings: Settings) -> "TieredHistory":
    path = settings.history_path
    if path is None:
        from adapters.history.influx.history import InfluxHistory  # noqa: PLC0415  # its client is slow to load

        opened = partial(InfluxHistory.open, settings.history or "")
        return await (_waiting(opened, "waiting_for_the_history") if settings.wait else opened())
    from adapters.history.duckdb import DuckDbHistory  # noqa: PLC0415  # which a process without a history of its own need not load

    return await DuckDbHistory.open(path)
