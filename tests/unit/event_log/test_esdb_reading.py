"""The thread that reads an EventStoreDB, over a call that is not one."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from esdbclient.protos.Grpc import shared_pb2, streams_pb2

from adapters.event_log.esdb.connection import Connection
from adapters.event_log.esdb.reading import Reading

_MEGABYTE = 1_000_000


class Call:
    """Answers without end: events of a megabyte each, as long as they are asked for."""

    def __init__(self) -> None:
        self.given = 0
        self._state = SimpleNamespace(due=())
        self._cancelled = False

    def __iter__(self) -> Iterator[streams_pb2.ReadResp]:
        while not self._cancelled:
            self.given += 1
            yield streams_pb2.ReadResp(event=streams_pb2.ReadResp.ReadEvent(event=self._event()))

    def cancel(self) -> None:
        self._cancelled = True

    def _event(self) -> streams_pb2.ReadResp.ReadEvent.RecordedEvent:
        return streams_pb2.ReadResp.ReadEvent.RecordedEvent(
            stream_identifier=shared_pb2.StreamIdentifier(stream_name=b"device-a"),
            commit_position=self.given,
            metadata={"type": "Happened", "created": "0"},
            data=bytes(_MEGABYTE),
        )


class Node:
    """A connection over which everything answers with one call."""

    server = "EventStoreDB at nowhere"
    metadata = ()

    def __init__(self, call: Call) -> None:
        self._call = call

    def read(self, _request: object, **_options: Any) -> Call:
        return self._call


def reading_of(call: Call) -> Reading:
    return Reading(cast("Connection", Node(call)), streams_pb2.ReadReq(), page_size=1000)


async def test_large_events_are_read_ahead_by_their_bytes_long_before_a_page_is_full() -> None:
    call = Call()
    reading = reading_of(call)
    await asyncio.sleep(0.3)
    assert call.given < 20
    taken = 0
    for _ in range(10):
        taken += len(await reading.take(1.0) or ())
    assert 80 <= taken < 200
    reading.stop()
