"""`Read` without a count: a subscription catches up, says so, goes live, and may fall behind and catch up again."""

import asyncio
from collections.abc import Callable, Sequence
from uuid import uuid4

from esdbclient.protos.Grpc import streams_pb2

from tests.support.eventstore import refusals
from tests.support.eventstore.calls import Call, framed
from tests.support.eventstore.faults import Faults
from tests.support.eventstore.filters import Matches, matcher
from tests.support.eventstore.records import Record
from tests.support.eventstore.sending import CHUNK, Options, cut, send_events
from tests.support.eventstore.store import Store, ticks

LIVE_BUFFER = 2000
"""Events that may wait for a live subscriber before it has fallen behind."""
FAR_BEYOND = 1_000_000

_Response = streams_pb2.ReadResp
_CAUGHT_UP = framed(_Response(caught_up=_Response.CaughtUp()).SerializeToString())


class Subscribing:
    """Finds where a subscription starts, and runs it."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults

    async def subscribe(self, call: Call, options: Options) -> None:
        confirmation = _Response.SubscriptionConfirmation(subscription_id=str(uuid4()))
        await call.send(framed(_Response(confirmation=confirmation).SerializeToString()))
        if options.WhichOneof("stream_option") == "stream":
            await self._stream(call, options)
        else:
            await self._all(call, options)

    async def _stream(self, call: Call, options: Options) -> None:
        stream = options.stream.stream_identifier.stream_name.decode()
        if self._store.tombstoned(stream):
            refusals.stream_deleted(stream)
        records = self._store.stream(stream)
        which = options.stream.WhichOneof("revision_option")
        start = {"start": 0, "end": len(records)}.get(which or "start", options.stream.revision + 1)
        start = max(start, min(self._store.retention(stream).first_visible(records, ticks()), len(records)))
        await Subscription(
            self._store, self._faults, call, options, source=lambda: self._store.stream(stream), start=start
        ).run()

    async def _all(self, call: Call, options: Options) -> None:
        log, after = self._store.log, -1
        which = options.all.WhichOneof("all_option")
        start = {"start": 0, "end": len(log)}.get(which or "start", -1)
        if which == "position":
            after = options.all.position.commit_position
            start = self._store.index(after)
            if start < len(log) and log[start].position != after:
                refusals.invalid_position()
            start = self._store.index(after + 1)
        await Subscription(
            self._store, self._faults, call, options, source=lambda: self._store.log, start=start, after=after
        ).run()


class Subscription:
    """One of them, over a stream or over `$all`. What is not after `after` is passed over, even where it comes later."""

    def __init__(
        self,
        store: Store,
        faults: Faults,
        call: Call,
        options: Options,
        *,
        source: Callable[[], Sequence[Record]],
        start: int,
        after: int = -1,
    ) -> None:
        self._store = store
        self._faults = faults
        self._call = call
        self._options = options
        self._source = source
        self._next = start
        self._after = after
        self._matches: Matches | None = None
        self._window = CHUNK
        self._interval = 0
        self._considered = 0
        self._checkpoint = -1
        self._checkpoint_sent = -1
        self._read_filter()

    async def run(self) -> None:
        """Never returns; ends with the call."""
        if self._next < len(self._source()):
            await self._catch_up()
        while True:
            await self._call.send(_CAUGHT_UP)
            await self._live()
            await self._send_checkpoint(self._checkpoint)
            await self._catch_up()

    def _read_filter(self) -> None:
        if self._options.WhichOneof("filter_option") != "filter":
            return
        filtering = self._options.filter
        self._matches = matcher(filtering)
        self._window = filtering.max if filtering.WhichOneof("window") == "max" else 32
        self._interval = self._window * filtering.checkpointIntervalMultiplier
        if self._interval == 0:
            refusals.invalid("checkpointIntervalMultiplier must not be zero")

    async def _catch_up(self) -> None:
        """A checkpoint lags by up to a page: it is the last event sent, or where the page began."""
        considered = 0
        while page := self._source()[self._next : self._next + self._window]:
            await asyncio.sleep(self._faults.read_delay)
            self._next += len(page)
            self._checkpoint = max(self._checkpoint, page[0].position if self._checkpoint >= 0 or considered else 0)
            await self._send(page)
            considered += len(page)
            if considered >= self._interval > 0:
                considered %= self._interval
                await self._send_checkpoint(self._checkpoint)
        await self._send_checkpoint(self._checkpoint)

    async def _live(self) -> None:
        """Return when it has fallen behind."""
        self._considered = 0
        while True:
            records = self._source()
            if len(records) - self._next > LIVE_BUFFER:
                return
            size = min(CHUNK, self._interval - self._considered) if self._interval else CHUNK
            page = records[self._next : self._next + size]
            if not page:
                await self._wait()
                continue
            self._next += len(page)
            await self._send(page)
            await self._count(page)

    async def _wait(self) -> None:
        if self._faults.cut is not None and self._faults.cut.left == 0:
            cut(self._faults)
        await self._store.growth()

    async def _count(self, page: Sequence[Record]) -> None:
        """A live checkpoint stands exactly at the last event considered."""
        self._considered += len(page)
        if self._considered >= self._interval > 0:
            self._considered = 0
            self._checkpoint = max(self._checkpoint, page[-1].position)
            await self._send_checkpoint(self._checkpoint)

    async def _send(self, page: Sequence[Record]) -> None:
        if self._after >= 0:
            page = [record for record in page if record.position > self._after]
        if self._matches is not None:
            page = list(filter(self._matches, page))
        if page:
            self._checkpoint = max(self._checkpoint, page[-1].position)
            await send_events(self._call, self._options, page, self._faults)

    async def _send_checkpoint(self, position: int) -> None:
        """Only of filtered subscriptions, and none twice."""
        if self._matches is None or position <= self._checkpoint_sent:
            return
        self._checkpoint_sent = position
        if self._faults.takes_bad_checkpoint():
            position = self._store.log[-1].position + FAR_BEYOND
        checkpoint = _Response.Checkpoint(commit_position=position, prepare_position=position)
        await self._call.send(framed(_Response(checkpoint=checkpoint).SerializeToString()))
