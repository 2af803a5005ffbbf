"""Opening the stores that the settings name. A store of another kind gets its branch here, and nowhere else."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

import structlog

from adapters.event_log.esdb.schemes import SCHEMES
from adapters.event_log.port import EventLog, LogUnavailableError
from adapters.event_log.sqlite import SqliteEventLog
from adapters.history.port import History, HistoryUnavailableError
from glasshouse.settings import Settings, file_of

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


async def open_shared_history(settings: Settings) -> History | None:
    """The history, where it lies in a store that several processes may ask; None for DuckDB, which lets one in."""
    return await open_history(settings) if is_shared(settings) else None


def is_shared(settings: Settings) -> bool:
    """Whether several processes may ask the history of these settings at once."""
    return settings.history_path is None


async def open_history(settings: Settings) -> History:
    """The history of `history`; HistoryError in plain words. With `wait`, a server that is away is waited for."""
    path = settings.history_path
    if path is None:
        from adapters.history.influx.history import InfluxHistory  # noqa: PLC0415  # its client is slow to load

        opened = partial(InfluxHistory.open, settings.history or "")
        return await (_waiting(opened, "waiting_for_the_history") if settings.wait else opened())
    from adapters.history.duckdb import DuckDbHistory  # noqa: PLC0415  # which a process without a history of its own need not load

    return await DuckDbHistory.open(path)
