"""The event log in an EventStoreDB, one node or a cluster: for houses that have grown beyond one box."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any, Final, Self
from uuid import uuid4

from adapters.event_log.esdb import requests
from adapters.event_log.esdb.address import EsdbAddress
from adapters.event_log.esdb.appends import Appender, Order
from adapters.event_log.esdb.catching_up import read_up_to
from adapters.event_log.esdb.connection import Connection, Connections
from adapters.event_log.esdb.failures import CertificateError, UnauthorisedError
from adapters.event_log.esdb.following import Following
from adapters.event_log.esdb.known_ids import PAGE, KnownIds
from adapters.event_log.esdb.looking import Looking
from adapters.event_log.esdb.ordered import in_order
from adapters.event_log.esdb.reading import read_now
from adapters.event_log.esdb.records import position_of
from adapters.event_log.limits import checked_size
from adapters.event_log.port import NO_STREAM, Append, Appended, Conflict, LogError, Page
from schema.envelope import EVERYTHING, Filter, NewEvent, Position, RecordedEvent
from schema.ids import EventId

_IDENTITY: Final = "$$glasshouse"
"""The metadata of a stream that never is: it holds the name of the log, and is no event of it."""
PATIENCE_SECONDS: Final = 10.0
_ASKED_AT_ONCE: Final = 4


class EsdbEventLog:
    """The port over EventStoreDB. Open it with `open`; every method is safe for all tasks of its event loop."""

    def __init__(self, address: EsdbAddress, connections: Connections, *, read_only: bool, patience: float) -> None:
        self._address = address
        self._connections = connections
        self._read_only = read_only
        self._log_id = ""
        self._looking = Looking(connections, str(address), patience)
        self._known = KnownIds()
        self._asking = asyncio.Semaphore(_ASKED_AT_ONCE)
        self._appender = Appender(connections, patience)
        self._appending = asyncio.create_task(self._appender.run(), name="event-log-append")

    @classmethod
    async def open(cls, url: str, *, read_only: bool = False, patience: float = PATIENCE_SECONDS) -> Self:
        """The log of that server or cluster, begun where there is none; `patience` is how long it may take to answer.

        LogUnavailableError where nobody answers; LogError where the URL, the user, the certificate or the version is not right.
        """
        address = EsdbAddress(url)
        log = cls(address, Connections(address), read_only=read_only, patience=patience)
        try:
            log._log_id = await log._identity()
        except (UnauthorisedError, CertificateError) as error:
            await log.close()
            raise LogError(str(error)) from None
        except BaseException:
            await log.close()
            raise
        return log

    @property
    def log_id(self) -> str:
        return self._log_id

    async def append(self, appends: Sequence[Append]) -> list[Appended | Conflict]:
        self._check_writable()
        checked_size(appends)
        return await in_order(appends, self._append)

    async def read_stream(
        self, stream: str, *, start: int | None = None, until: Position | None = None, backwards: bool = False, limit: int = 500
    ) -> list[RecordedEvent]:
        count = limit if until is None else None
        return await self._looking.collect(
            requests.read_stream(stream, start, backwards=backwards, count=count), limit, until=until
        )

    @property
    def has_id_index(self) -> bool:
        return False

    async def contains(self, stream: str, ids: Sequence[EventId], *, start: int = 0) -> set[EventId]:
        if not ids:
            return set()
        seconds = self._looking.patience
        # A few at a time: a stream may be long to read, and all others need the threads too.
        async with self._asking:
            return await self._looking.in_thread(
                lambda connection: self._known.held(
                    stream, ids, start, lambda since: _ids_of(connection, stream, since, seconds)
                )
            )

    async def read_all(
        self, after: Position | None, *, until: Position | None = None, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        head = await self._looking.checked_head(after) or 0
        end = head if until is None else min(until, head)
        async with aclosing(read_up_to(self._looking, after or 0, end, only, page_size)) as pages:
            async for page in pages:
                yield page

    async def subscribe(
        self, after: Position | None, *, only: Filter = EVERYTHING, page_size: int = 1000
    ) -> AsyncIterator[Page]:
        async with aclosing(Following(self._looking, only, page_size).pages(after)) as pages:
            async for page in pages:
                yield page

    async def head(self) -> Position | None:
        return await self._looking.last_event(EVERYTHING)

    async def truncate(self, stream: str, before: int) -> None:
        self._check_writable()
        while True:
            described, revision = await self._description(f"$${stream}")
            result = await self._append(_description(f"$${stream}", revision, {**described, "$tb": before}), Order())
            if isinstance(result, Appended):
                return

    async def close(self) -> None:
        if self._looking.closed.is_set():
            return
        self._appending.cancel()
        await asyncio.gather(self._appending, return_exceptions=True)
        self._looking.stop_all()
        await self._connections.close()
        await self._looking.close()
        self._known.close()

    async def _append(self, append: Append, order: Order) -> Appended | Conflict:
        answer = await self._appender.append(append, order)
        if isinstance(answer, Conflict):
            return answer
        position = position_of(answer)
        if position is None:
            position = await self.head() or Position(0)
        return Appended(answer.current_revision, position)

    async def _identity(self) -> str:
        """The name under which the log was begun; whoever comes first begins it."""
        while True:
            described, revision = await self._description(_IDENTITY)
            if "logId" in described:
                return str(described["logId"])
            if self._read_only:
                raise LogError(f"{self._address} holds no log yet; `glasshouse up` begins one")
            await self._append(_description(_IDENTITY, revision, {**described, "logId": str(uuid4())}), Order())

    async def _description(self, name: str) -> tuple[dict[str, Any], int]:
        """What the metadata stream `name` says last, and its revision."""
        found = await self.read_stream(name, backwards=True, limit=1)
        return (json.loads(found[0].data), found[0].revision) if found else ({}, NO_STREAM)

    def _check_writable(self) -> None:
        if self._looking.closed.is_set():
            raise LogError("the event log is closed")
        if self._read_only:
            raise LogError(f"{self._address} was opened for reading only")


def _description(name: str, revision: int, content: dict[str, Any]) -> Append:
    return Append(name, revision, [NewEvent(uuid4().bytes, "$metadata", json.dumps(content).encode(), b"")])


def _ids_of(connection: Connection, stream: str, start: int, seconds: float) -> list[tuple[int, EventId]]:
    """Revision and id of a page of a stream's events."""
    page: list[tuple[int, EventId]] = []

    def take(event: RecordedEvent) -> bool:
        page.append((event.revision, event.id))
        return True

    read_now(connection, requests.read_stream(stream, start, backwards=False, count=PAGE), take, seconds)
    return page
