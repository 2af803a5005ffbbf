"""Logs to be copied, and a copy of one without a command line around it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.event_log.port import ANY, Append, Appended, Conflict, EventLog, LogUnavailableError
from adapters.event_log.sqlite import SqliteEventLog
from glasshouse.copier.reading import Patience
from glasshouse.copier.report import CopyReport
from glasshouse.copier.run import Named, run_copy
from schema.envelope import NewEvent, RecordedEvent
from schema.ids import content_event_id
from tests.support.logs import all_of, pages
from tests.support.memory_log import MemoryLog


def said(number: int, *, size: int = 0) -> NewEvent:
    """An event like no other, with bytes that must come through as they are."""
    data = f'{{"n":{number}, "text":"ü \u2028 {"y" * size}"}}'
    return NewEvent(content_event_id(number, str(number)), f"Type{number % 3}", data.encode(), b'{"n": %d}' % number)


async def fill(log: EventLog, streams: Iterable[str], *, first: int = 0) -> None:
    """One event for each name, in that order, in appends of their own within one call."""
    appends = [Append(stream, ANY, [said(number)]) for number, stream in enumerate(streams, first)]
    for start in range(0, len(appends), 1000):
        await log.append(appends[start : start + 1000])


async def copy(source: EventLog, target: EventLog, *, patience: Patience | None = None) -> CopyReport:
    return await run_copy(Named("FROM", source), Named("TO", target), lambda _: None, patience=patience)


async def contents(log: EventLog) -> list[RecordedEvent]:
    return all_of(await pages(log.read_all(None)))


def kept(events: Sequence[RecordedEvent]) -> list[tuple[object, ...]]:
    """What a copy has to keep of them, in order."""
    return [(one.stream, one.revision, one.id, one.type, one.data, one.metadata) for one in events]


@asynccontextmanager
async def opened(path: Path, *, read_only: bool = False) -> AsyncIterator[SqliteEventLog]:
    log = await SqliteEventLog.open(path, read_only=read_only)
    try:
        yield log
    finally:
        await log.close()


class FlakyLog(MemoryLog):
    """Its `append` fails as told, and each time stores another part first.

    `lost`: all; `torn`: the first half; `holed`: all but the first; `away`: nothing.
    """

    def __init__(self, log_id: str, faults: Iterable[str] = ()) -> None:
        super().__init__(log_id)
        self._faults = iter(faults)

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        fault = next(self._faults, "none")
        if fault == "none":
            return await super().append(appends)
        if fault == "lost":
            await super().append(appends)
        if fault == "torn":
            await super().append(appends[: len(appends) // 2])
        if fault == "holed":
            await super().append(appends[1:])
        raise LogUnavailableError(f"the log is {fault}")
