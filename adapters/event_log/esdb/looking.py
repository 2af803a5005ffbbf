"""What all that reads an EventStoreDB has in common: the connection, the readings under way, and short looks at the log."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from esdbclient.protos.Grpc import streams_pb2

from adapters.event_log.esdb import requests
from adapters.event_log.esdb.connection import Connection, Connections
from adapters.event_log.esdb.failures import NotLeaderError
from adapters.event_log.esdb.reading import Reading, read_now
from adapters.event_log.esdb.records import matches
from adapters.event_log.port import LogError, LogUnavailableError
from schema.envelope import EVERYTHING, Filter, Position, RecordedEvent

_THREADS: Final = 16
_Result = TypeVar("_Result")


class Looking:
    """Reads of one log; `closed` once there are no more. A server may be silent for `patience` seconds."""

    def __init__(self, connections: Connections, name: str, patience: float) -> None:
        self.closed = asyncio.Event()
        self._connections = connections
        self._name = name
        self.patience = patience
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="event-log-look")
        self._under_way: set[Reading] = set()

    async def connection(self) -> Connection:
        """LogError once the log is closed; LogUnavailableError where nobody answers."""
        if self.closed.is_set():
            raise LogError("the event log is closed")
        return await self._connections.current()

    async def failed(self, connection: Connection, error: Exception) -> None:
        await self._connections.failed(connection, error)

    def read(self, connection: Connection, request: streams_pb2.ReadReq, page_size: int) -> Reading:
        """Begin a reading that goes on until it is stopped."""
        reading = Reading(connection, request, page_size)
        self._under_way.add(reading)
        return reading

    def stop(self, reading: Reading) -> None:
        self._under_way.discard(reading)
        reading.stop()

    async def in_thread(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run a few reads in a thread; at another node where that leads meanwhile."""
        try:
            return await self._in_thread(work)
        except NotLeaderError:
            return await self._in_thread(work)

    async def _in_thread(self, work: Callable[[Connection], _Result]) -> _Result:
        connection = await self.connection()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, connection)
        except LogUnavailableError as error:
            await self._connections.failed(connection, error)
            raise

    async def collect(self, request: streams_pb2.ReadReq, limit: int, until: Position | None = None) -> list[RecordedEvent]:
        """The first `limit` events that a request brings, none after `until`."""

        def work(connection: Connection) -> list[RecordedEvent]:
            found: list[RecordedEvent] = []

            def take(event: RecordedEvent) -> bool:
                if until is None or event.position <= until:
                    found.append(event)
                return len(found) < limit

            read_now(connection, request, take, self.patience)
            return found

        return await self.in_thread(work) if limit > 0 else []

    async def last_event(self, only: Filter | None) -> Position | None:
        """The position of the last event that a server's filter lets through; `only` None: system events too."""
        found = await self.collect(requests.read_everything(None, only=only, backwards=True, count=1), 1)
        return found[0].position if found else None

    async def has_more(self, after: Position | None, only: Filter) -> bool:
        """Whether something that matches comes after that. From the end backwards it may be far to what matches."""

        def work(connection: Connection) -> bool:
            more = False

            def take(event: RecordedEvent) -> bool:
                nonlocal more
                more = event.position > (after or 0) and matches(event, only)
                return not more

            read_now(connection, requests.read_everything(after, only=only), take, self.patience)
            return more

        return await self.in_thread(work)

    async def is_within(self, position: Position) -> bool:
        """Whether the log reaches as far as that."""
        return position <= (await self.last_event(None) or 0)

    async def checked_head(self, after: Position | None) -> Position | None:
        """The position of the last event of ours; LogError where the log does not even reach to `after`."""
        head = await self.last_event(EVERYTHING)
        if after is not None and after > (head or 0) and not await self.is_within(after):
            raise LogError(
                f"position {after} lies beyond the end of {self._name}: it belongs to another log, or a later state of this one"
            )
        return head

    def stop_all(self) -> None:
        """Begin nothing more, and end the readings that go on."""
        self.closed.set()
        for reading in tuple(self._under_way):
            reading.stop()

    async def close(self) -> None:
        """Wait for the short looks. Where the connections were closed before they end at once, also if the server is silent."""
        await asyncio.to_thread(self._threads.shutdown)
