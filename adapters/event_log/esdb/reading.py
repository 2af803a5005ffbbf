"""One read of an EventStoreDB, pulled by a thread of its own and taken by the event loop in pages.

The synchronous client in a thread reads several times as fast as the one of asyncio, and decodes beside the event loop.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import grpc
from esdbclient.protos.Grpc import streams_pb2

from adapters.event_log.esdb.connection import Connection
from adapters.event_log.esdb.failures import failed_call
from adapters.event_log.esdb.records import recorded
from adapters.event_log.port import LogError, LogUnavailableError
from schema.envelope import Position, RecordedEvent

_BYTES_AHEAD: Final = 8 * 1024 * 1024
_LINGER_SECONDS: Final = 0.25
"""How long a page may be gathered while the read catches up."""


class Mark:
    """Between the events: all that matched up to `position` has come (None: unknown), and whether nothing more is there."""

    __slots__ = ("caught_up", "position")

    def __init__(self, position: Position | None, *, caught_up: bool | None = None) -> None:
        self.position = position
        self.caught_up = caught_up


Found = RecordedEvent | Mark


class Reading:
    """One Read call. `take` what it brought, in order; its thread runs at most two pages ahead."""

    def __init__(self, connection: Connection, request: streams_pb2.ReadReq, page_size: int) -> None:
        self._connection = connection
        self._page_size = page_size
        self._found: deque[Found] = deque()
        self._bytes_in = self._bytes_out = 0
        self._room = threading.Event()
        self._loop = asyncio.get_running_loop()
        self._filled = asyncio.Event()
        self._told = False
        self._live = False
        self._stopped = False
        self._end: LogError | None = None
        self._ended = False
        self._call = _call(connection, request)
        self._thread = threading.Thread(target=self._pull, name="event-log-read", daemon=True)
        self._thread.start()

    async def take(self, seconds: float) -> list[Found] | None:
        """What has come since, at most a page; empty where nothing came for up to `seconds`. None: the read has ended.

        LogError where it failed, once all that came before was taken.
        """
        await self._wait(seconds if self._live else min(seconds, _LINGER_SECONDS))
        taken: list[Found] = []
        while self._found and len(taken) < self._page_size:
            one = self._found.popleft()
            taken.append(one)
            if type(one) is RecordedEvent:
                self._bytes_out += len(one.data)
        self._room.set()
        if taken or not self._ended:
            return taken
        if self._end is not None:
            raise self._end
        return None

    @property
    def is_drained(self) -> bool:
        """Whether all that came was taken."""
        return not self._found

    def stop(self) -> None:
        """End the call; its thread ends by that."""
        self._stopped = True
        self._call.cancel()
        self._room.set()

    async def _wait(self, seconds: float) -> None:
        """Until the thread says that there is something to take."""
        self._filled.clear()
        self._told = False
        if self._ended or self._is_page():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._filled.wait()

    def _is_page(self) -> bool:
        return len(self._found) >= (1 if self._live else self._page_size) or self._is_full()

    def _pull(self) -> None:
        try:
            for answer in self._call:
                self._put(answer)
                if self._stopped:
                    break
        except grpc.RpcError as error:
            self._end = failed_call(error, self._connection.server)
        except ValueError as error:
            self._end = _closed(self._connection, error)
        self._ended = True
        self._tell()
        _let_go(self._call)

    def _put(self, answer: streams_pb2.ReadResp) -> None:
        kind = answer.WhichOneof("content")
        if kind == "event":
            event = recorded(answer.event)
            self._found.append(event)
            self._bytes_in += len(event.data)
        elif kind == "checkpoint":
            self._found.append(Mark(Position(answer.checkpoint.commit_position)))
        elif kind == "caught_up":
            self._live = True
            self._found.append(Mark(None, caught_up=True))
        elif kind == "fell_behind":
            self._live = False
            self._found.append(Mark(None, caught_up=False))
        if self._is_page():
            self._tell()
            self._hold_back()

    def _tell(self) -> None:
        if self._told:
            return
        self._told = True
        try:
            self._loop.call_soon_threadsafe(self._filled.set)
        except RuntimeError:  # the event loop is closed: nobody takes any more
            self._stopped = True

    def _hold_back(self) -> None:
        while not self._stopped and self._is_full():
            self._room.clear()
            if self._is_full() and not self._stopped:  # looked at again: either may have come before the clearing
                self._room.wait()

    def _is_full(self) -> bool:
        return len(self._found) >= 2 * self._page_size or self._bytes_in - self._bytes_out > _BYTES_AHEAD


def read_now(
    connection: Connection, request: streams_pb2.ReadReq, take: Callable[[RecordedEvent], bool], seconds: float
) -> None:
    """Read in this thread, handing each event to `take` until it says that this is enough. LogError where it failed."""
    call = _call(connection, request, timeout=seconds)
    try:
        for answer in call:
            if answer.WhichOneof("content") == "event" and not take(recorded(answer.event)):
                break
    except grpc.RpcError as error:
        raise failed_call(error, connection.server) from None
    except ValueError as error:
        raise _closed(connection, error) from None
    finally:
        _let_go(call)


def _call(connection: Connection, request: streams_pb2.ReadReq, *, timeout: float | None = None) -> Any:
    try:
        return connection.read(request, metadata=connection.metadata, timeout=timeout)
    except ValueError as error:
        raise _closed(connection, error) from None


def _closed(connection: Connection, error: ValueError) -> LogUnavailableError:
    """As gRPC says of a channel that was closed meanwhile, since the leader is another now or the log was closed."""
    return LogUnavailableError(f"the connection to {connection.server} was closed: {error}")


def _let_go(call: Any) -> None:
    """End the call and take what is due of it: until that is taken, gRPC keeps some 18 kB for a call that one thread reads."""
    call.cancel()
    while call._state.due:  # noqa: SLF001  # there is no other way, short of closing the channel
        call._consume_next_event()  # noqa: SLF001
