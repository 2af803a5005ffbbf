"""The history in a bucket of an InfluxDB 2: lines built by hand, written and read by the synchronous client in threads."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import chain, islice
from typing import Final, Self, TypeVar

import pyarrow as pa

from adapters.history.content import hashes
from adapters.history.horizon import ENDLESS
from adapters.history.influx import anomalies as anomaly_points
from adapters.history.influx import columns, marks, pages, questions, tiers
from adapters.history.influx import windows as window_points
from adapters.history.influx.address import InfluxAddress
from adapters.history.influx.connection import InfluxConnection, Timeouts
from adapters.history.influx.lines import MEASUREMENT
from adapters.history.influx.places import Places
from adapters.history.influx.points import span_ns, window_ns
from adapters.history.port import (
    ANOMALIES,
    RAW,
    Anomaly,
    AnomalyChanges,
    AnomalyQuery,
    HistoryRow,
    HistoryUnavailableError,
    KeptWindows,
    RangeQuery,
    SeriesKey,
    SeriesRange,
    Watermark,
)
from adapters.history.raw_rows import history_rows
from domain.day_digests import DayDigests
from domain.digest import Digest
from domain.raw_rows import RawRows
from domain.rows import Columns
from domain.windows import Span
from schema.envelope import Cursor, Position

T = TypeVar("T")
_LINES: Final = 5_000
"""A request. More are slower to build and to refuse, fewer cost more round trips."""
_SENDERS: Final = 2
_READERS: Final = 4
_FAR_US: Final = 2**60
"""Further back than any year that has a number of four digits."""


class InfluxHistory:
    """The port `TieredHistory` over one bucket, which one process at a time fills and any number ask."""

    horizon = ENDLESS

    def __init__(self, address: InfluxAddress, connection: InfluxConnection) -> None:
        self._address = address
        self._connection = connection
        self._places = Places(connection.ask)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="history-write")
        self._keeper = ThreadPoolExecutor(1, thread_name_prefix="history-keep")
        self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="history-send")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="history-read")
        self._closed = False

    @classmethod
    async def open(cls, url: str, *, timeouts: Timeouts | None = None) -> Self:
        """The history at this URL, its bucket made if missing. HistoryError where that cannot be, in plain words."""
        address = InfluxAddress(url)
        connection = InfluxConnection(address, timeouts or Timeouts())
        try:
            await asyncio.to_thread(connection.make_bucket)
        except BaseException:
            connection.close()
            raise
        return cls(address, connection)

    async def checkpoint(self) -> Cursor | None:
        [found] = await self._read(partial(self._connection.ask, marks.CHECKPOINT))
        return marks.checkpoint_in(found)

    async def write(self, rows: RawRows) -> None:
        await self._run(self._writer, lambda: self._send(self._places.lines(history_rows(rows))))

    async def keep(
        self,
        windows: Sequence[KeptWindows],
        watermarks: Mapping[str, Watermark],
        checkpoint: Cursor,
        anomalies: Sequence[Anomaly] = (),
    ) -> None:
        def keep() -> None:
            """What is judged comes before what it was judged by, the checkpoint when all else has arrived."""
            self._send(anomaly_points.lines(anomalies))
            self._send(chain(*map(window_points.lines, windows), marks.watermark_lines(watermarks)))
            self._connection.write([marks.checkpoint_line(checkpoint)])

        await self._run(self._keeper, keep)

    async def readings(self, query: RangeQuery) -> list[HistoryRow]:
        return await self._read(partial(pages.page, self._connection.ask, query))

    async def columns(self, ranges: Sequence[SeriesRange]) -> Columns:
        return await self._read(partial(columns.columns, self._connection.ask, ranges))

    async def windows(self, span: Span, ranges: Sequence[SeriesRange]) -> KeptWindows:
        return await self._read(partial(window_points.windows, self._connection.ask, span, ranges))

    async def forget(self, span: Span, devices: Sequence[str]) -> None:
        def drop() -> None:
            for device in devices:
                self._connection.delete(window_points.of_device(span, device))

        await self._run(self._keeper, drop)

    async def series(self, devices: Sequence[str] | None = None) -> Mapping[SeriesKey, int]:
        return await self._read(partial(window_points.series, self._connection.ask, Span.DAY, devices))

    async def anomalies(self, query: AnomalyQuery) -> list[Anomaly]:
        return await self._read(partial(anomaly_points.page, self._connection.ask, query))

    async def anomalies_in(self, ranges: Sequence[SeriesRange]) -> list[Anomaly]:
        return await self._read(partial(anomaly_points.within, self._connection.ask, ranges))

    async def anomaly_changes(self, query: AnomalyChanges) -> list[Anomaly]:
        return await self._read(partial(anomaly_points.changes, self._connection.ask, query))

    async def watermarks(self, devices: Sequence[str] | None = None) -> Mapping[str, Watermark]:
        [found] = await self._read(partial(self._connection.ask, marks.WATERMARKS))
        return marks.watermarks_in(found, devices)

    async def content_hashes(self) -> Mapping[str, str]:
        return hashes(await self.digests(lambda: None))

    async def digests(self, taken: Callable[[], None]) -> Mapping[str, DayDigests]:
        raw = await self._read(partial(columns.content, self._connection.ask))
        spans = {span.value: await self._read(partial(window_points.content, self._connection.ask, span)) for span in Span}
        anomalies = await self._read(partial(anomaly_points.content, self._connection.ask))
        taken()
        return {RAW: raw, **spans, ANOMALIES: anomalies}

    async def count(self) -> int:
        [found] = await self._read(partial(self._connection.ask, questions.COUNT))
        return next((one.values[0][1] for one in found), 0)

    async def rewind(self, position: Position) -> None:
        """Nothing: what is written again lands on its own points."""

    async def reset(self) -> None:
        await self._run(self._writer, self._reset)

    async def days(self, before_us: int) -> Sequence[int]:
        return await self._read(partial(tiers.days, self._connection.ask, before_us))

    async def visit(self, start_us: int, end_us: int, take: Callable[[pa.RecordBatch], None]) -> None:
        await self._read(partial(tiers.visit, self._connection.ask, start_us, end_us, take))

    async def digest(self, start_us: int, end_us: int) -> Digest:
        return await self._read(partial(tiers.digest, self._connection.ask, start_us, end_us))

    async def forget_rows(self, start_us: int, end_us: int) -> None:
        within = span_ns(start_us, end_us)
        await self._run(self._writer, lambda: self._connection.delete(f'_measurement="{MEASUREMENT}"', within))

    async def forget_windows(self, span: Span, before_us: int) -> None:
        within = window_ns(-_FAR_US), window_ns(before_us)
        of_span = f'_measurement="{window_points.measurement_of(span)}"'
        await self._run(self._keeper, lambda: self._connection.delete(of_span, within))

    async def close(self) -> None:
        """After what was begun."""
        self._closed = True
        await asyncio.to_thread(self._close)

    def _send(self, lines: Iterable[str]) -> None:
        """Return once all have arrived. The next are built while the ones before are on their way."""
        left, sent = iter(lines), deque[Future[None]]()
        try:
            while batch := list(islice(left, _LINES)):
                if len(sent) == _SENDERS:
                    sent.popleft().result()
                sent.append(self._senders.submit(self._connection.write, batch))
            while sent:
                sent.popleft().result()
        finally:
            wait(sent)

    def _reset(self) -> None:
        self._places.forget()
        self._connection.delete()

    def _close(self) -> None:
        for pool in (self._writer, self._keeper, self._senders, self._readers):
            pool.shutdown(cancel_futures=pool is self._readers)
        self._connection.close()

    async def _read(self, ask: Callable[[], T]) -> T:
        return await self._run(self._readers, ask)

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        if self._closed:
            raise HistoryUnavailableError(
                f"the history {self._address} is closed; ask again if another version of it serves by now"
            )
        return await asyncio.wrap_future(pool.submit(work))
