"""`Read` with a count: pages of a stream or of `$all`, forwards and backwards."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from esdbclient.protos.Grpc import shared_pb2, streams_pb2

from tests.support.eventstore import refusals
from tests.support.eventstore.calls import Call, framed
from tests.support.eventstore.faults import Faults
from tests.support.eventstore.filters import matcher
from tests.support.eventstore.records import Record
from tests.support.eventstore.sending import CHUNK, Options, send_events
from tests.support.eventstore.store import Store, ticks
from tests.support.eventstore.subscribing import Subscribing


class Reading:
    """Finite reads; subscriptions are handed on."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self._subscribing = Subscribing(store, faults)

    async def read(self, call: Call) -> None:
        options = streams_pb2.ReadReq.FromString(await call.receive() or b"").options
        if not options.HasField("uuid_option"):
            refusals.invalid("'uuidOption' is a required argument")
        if options.WhichOneof("count_option") == "subscription":
            self._faults.counts["subscriptions"] += 1
            await self._subscribing.subscribe(call, options)
            return
        self._faults.counts["reads"] += 1
        await asyncio.sleep(self._faults.read_delay)
        await (self._read_stream if options.WhichOneof("stream_option") == "stream" else self._read_all)(call, options)

    async def _read_stream(self, call: Call, options: Options) -> None:
        stream = options.stream.stream_identifier.stream_name.decode()
        records, retention = self._store.stream(stream), self._store.retention(stream)
        if self._store.tombstoned(stream):
            refusals.stream_deleted(stream)
        if not records or retention.soft_deleted:
            identifier = shared_pb2.StreamIdentifier(stream_name=stream.encode())
            missing = streams_pb2.ReadResp.StreamNotFound(stream_identifier=identifier)
            await call.send(framed(streams_pb2.ReadResp(stream_not_found=missing).SerializeToString()))
            return
        first = retention.first_visible(records, ticks())
        start = _revision(options.stream, len(records))
        backwards = options.read_direction == Options.Backwards
        wanted = _backwards(records, start, first) if backwards else _forwards(records, max(start, first))
        await self._send(call, options, islice(wanted, options.count))
        if options.control_option.compatibility and not backwards:
            await call.send(framed(streams_pb2.ReadResp(last_stream_position=len(records) - 1).SerializeToString()))

    async def _read_all(self, call: Call, options: Options) -> None:
        log = self._store.log
        start = self._index(options.all)
        backwards = options.read_direction == Options.Backwards
        wanted = _backwards(log, start - 1, 0) if backwards else _forwards(log, start)
        if options.WhichOneof("filter_option") == "filter":
            wanted = filter(matcher(options.filter), wanted)
        await self._send(call, options, islice(wanted, options.count))

    def _index(self, options: Options.AllOptions) -> int:
        """Forwards includes the event at the position, backwards does not; a position inside an event is none."""
        which = options.WhichOneof("all_option")
        if which == "start":
            return 0
        end = len(self._store.log)
        if which == "end":
            return end
        index = self._store.index(options.position.commit_position)
        if index < end and self._store.log[index].position != options.position.commit_position:
            refusals.invalid_position()
        return index

    async def _send(self, call: Call, options: Options, wanted: Iterator[Record]) -> None:
        while chunk := list(islice(wanted, CHUNK)):
            await send_events(call, options, chunk, self._faults)
            await asyncio.sleep(0)


def _revision(options: Options.StreamOptions, length: int) -> int:
    which = options.WhichOneof("revision_option")
    if which == "revision":
        return options.revision
    return 0 if which == "start" else length


def _forwards(records: Sequence[Record], start: int) -> Iterator[Record]:
    pages = range(start, len(records), CHUNK)
    return chain.from_iterable(islice(records[index : index + CHUNK], len(records) - index) for index in pages)


def _backwards(records: Sequence[Record], start: int, first: int) -> Iterator[Record]:
    return (records[index] for index in range(min(start, len(records) - 1), first - 1, -1))
