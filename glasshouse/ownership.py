"""Who answers for a data folder: the process that owns it, asked over its API, or this one, which then owns it for a moment."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Final, NoReturn, TypeAlias

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from glasshouse.data_folder import DataFolder, is_data_folder, own, owner_of
from glasshouse.errors import DataFolderError, RefusedError
from glasshouse.read_side import ReadSide, open_read_side, open_serving_history
from glasshouse.reading import Reading, open_accounts, projecting
from glasshouse.settings import Settings
from glasshouse.stores import open_event_log
from glasshouse.versions.record import versions_of
from glasshouse.versions.shelf import Shelf
from glasshouse.versions.standing import take_charge
from projections.accounts import Accounts
from projections.feed import Feed
from projections.metrics import ProjectionMetrics

Hears: TypeAlias = Callable[[str], None]
"""Told now and then what is waited for."""
_TOLD_SECONDS: Final = 0.2


async def owner(settings: Settings) -> dict[str, Any] | None:
    """Where the running house of this data folder listens; None where none runs."""
    return await asyncio.to_thread(owner_of, settings.folder)


def api_of(running: dict[str, Any]) -> str:
    """Where it answers GraphQL; RefusedError where it does not."""
    if running.get("role") in {"ingest", "project", "react"}:
        raise RefusedError(
            f"a process of the role `{running['role']}` owns this data folder, and has no API; name one of `serve`"
        )
    return str(running["http"])


@asynccontextmanager
async def resting_accounts(settings: Settings) -> AsyncIterator[tuple[EventLog, Reading]]:
    """The log of a process that does not run, and the accounts in it. DataFolderError where there is no such folder."""
    with resting_folder(settings):
        log = await open_event_log(settings)
        try:
            path = Shelf(settings).snapshot(Accounts.name, (await versions_of(log, Accounts.name)).serving.number)
            feed, metrics = Feed(log, only=Accounts.only), ProjectionMetrics(CollectorRegistry())
            reading = open_accounts(log, feed, metrics, path=path)
            async with projecting(reading):
                await reading.caught_up(log)
                yield log, reading
        finally:
            await log.close()


def resting_folder(settings: Settings) -> AbstractContextManager[DataFolder]:
    """The data folder of a process that does not run; DataFolderError where there is none: who only looks makes none."""
    if not is_data_folder(settings.folder) and not any(settings.folder.glob("*.db")):
        raise DataFolderError(f"there is no data folder {settings.folder}; name one with --data")
    return own(settings.folder)


@asynccontextmanager
async def resting_house(settings: Settings, hears: Hears | None = None) -> AsyncIterator[tuple[DataFolder, EventLog, ReadSide]]:
    """The stores of a house that does not run, its read models caught up with the log; `hears` how far they are meanwhile.

    DataFolderError where there is no such folder: a command that looks makes none.
    """
    with resting_folder(settings) as folder:
        log = await open_event_log(settings)
        try:
            standing = await take_charge(log, settings, history=True)
            history = await open_serving_history(standing)
            try:
                side = await open_read_side(log, standing, history, registry=CollectorRegistry())
                async with projecting(side):
                    await _caught_up(side, log, hears or (lambda _: None))
                    yield folder, log, side
            finally:
                await history.close()
        finally:
            await log.close()


async def _caught_up(side: ReadSide, log: EventLog, hears: Hears) -> None:
    async with asyncio.TaskGroup() as tasks:
        telling = tasks.create_task(_tell(side, hears), name="catching-up")
        await side.caught_up(log)
        telling.cancel()


async def _tell(side: ReadSide, hears: Hears) -> NoReturn:
    """Who is furthest behind is who is waited for."""
    while True:
        last = min(side.engine.status(), key=lambda status: (status.position or 0, status.name))
        hears(f"{last.name} reads what is new in the log: {last.events:,} events")
        await asyncio.sleep(_TOLD_SECONDS)
