"""The history that serves: one store now, perhaps another version of it a moment later, with no reader the wiser."""

from collections.abc import Callable, Mapping, Sequence

from adapters.history.horizon import Horizon
from adapters.history.port import (
    Anomaly,
    AnomalyChanges,
    AnomalyQuery,
    History,
    HistoryRow,
    KeptWindows,
    RangeQuery,
    SeriesKey,
    SeriesRange,
    Watermark,
)
from domain.day_digests import DayDigests
from domain.raw_rows import RawRows
from domain.rows import Columns
from domain.windows import Span
from schema.envelope import Cursor, Position


class ServingHistory:
    """The port `History` over whichever store is `store` when something is asked."""

    def __init__(self, store: History) -> None:
        self.store = store

    @property
    def horizon(self) -> Horizon:
        return self.store.horizon

    async def checkpoint(self) -> Cursor | None:
        return await self.store.checkpoint()

    async def write(self, rows: RawRows) -> None:
        await self.store.write(rows)

    async def keep(
        self,
        windows: Sequence[KeptWindows],
        watermarks: Mapping[str, Watermark],
        checkpoint: Cursor,
        anomalies: Sequence[Anomaly] = (),
    ) -> None:
        await self.store.keep(windows, watermarks, checkpoint, anomalies)

    async def readings(self, query: RangeQuery) -> list[HistoryRow]:
        return await self.store.readings(query)

    async def columns(self, ranges: Sequence[SeriesRange]) -> Columns:
        return await self.store.columns(ranges)

    async def windows(self, span: Span, ranges: Sequence[SeriesRange]) -> KeptWindows:
        return await self.store.windows(span, ranges)

    async def forget(self, span: Span, devices: Sequence[str]) -> None:
        await self.store.forget(span, devices)

    async def series(self, devices: Sequence[str] | None = None) -> Mapping[SeriesKey, int]:
        return await self.store.series(devices)

    async def anomalies(self, query: AnomalyQuery) -> list[Anomaly]:
        return await self.store.anomalies(query)

    async def anomalies_in(self, ranges: Sequence[SeriesRange]) -> list[Anomaly]:
        return await self.store.anomalies_in(ranges)

    async def anomaly_changes(self, query: AnomalyChanges) -> list[Anomaly]:
        return await self.store.anomaly_changes(query)

    async def watermarks(self, devices: Sequence[str] | None = None) -> Mapping[str, Watermark]:
        return await self.store.watermarks(devices)

    async def content_hashes(self) -> Mapping[str, str]:
        return await self.store.content_hashes()

    async def digests(self, taken: Callable[[], None]) -> Mapping[str, DayDigests]:
        return await self.store.digests(taken)

    async def count(self) -> int:
        return await self.store.count()

    async def rewind(self, position: Position) -> None:
        await self.store.rewind(position)

    async def reset(self) -> None:
        await self.store.reset()

    async def close(self) -> None:
        await self.store.close()
