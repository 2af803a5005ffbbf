"""The history as somebody sees it whose key is good for a part of the house alone."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from adapters.history.horizon import ENDLESS, Horizon
from adapters.history.port import (
    Anomaly,
    AnomalyChanges,
    AnomalyQuery,
    HistoryQueries,
    HistoryRow,
    KeptWindows,
    RangeQuery,
    SeriesKey,
    SeriesRange,
    Watermark,
)
from api.scope import Sight
from domain.rows import Columns
from domain.windows import Span
from schema.envelope import Cursor

AT_ONCE: Final = 5_000
"""Looked through for what is in sight, of which there may be little."""


class SeenHistory:
    """The port `HistoryQueries`. A range of a series that is not seen is asked for as one without time, which holds nothing."""

    def __init__(self, history: HistoryQueries, sight: Sight) -> None:
        self._history = history
        self._sight = sight

    @property
    def horizon(self) -> Horizon:
        return SeenHorizon(self._history.horizon, self._sight)

    async def checkpoint(self) -> Cursor | None:
        return await self._history.checkpoint()

    async def readings(self, query: RangeQuery) -> list[HistoryRow]:
        return await self._history.readings(query) if self._sight.device(query.device) else []

    async def columns(self, ranges: Sequence[SeriesRange]) -> Columns:
        return await self._history.columns(self._seen(ranges))

    async def windows(self, span: Span, ranges: Sequence[SeriesRange]) -> KeptWindows:
        return await self._history.windows(span, self._seen(ranges))

    async def series(self, devices: Sequence[str] | None = None) -> Mapping[SeriesKey, int]:
        found = await self._history.series(devices)
        return {key: day for key, day in found.items() if self._sight.device(key.device)}

    async def anomalies(self, query: AnomalyQuery) -> list[Anomaly]:
        asked, seen = msgspec.structs.replace(query, limit=max(query.limit, AT_ONCE)), list[Anomaly]()
        while True:
            found = await self._history.anomalies(asked)
            some = [one for one in found if self._sight.device(one.series.device)]
            seen = some + seen if query.backwards else seen + some
            if len(found) < asked.limit or len(seen) >= query.limit:
                return seen[-query.limit :] if query.backwards else seen[: query.limit]
            last = found[0 if query.backwards else -1]
            place = (last.start_us, last.series)
            asked = msgspec.structs.replace(asked, **{"before" if query.backwards else "after": place})

    async def anomalies_in(self, ranges: Sequence[SeriesRange]) -> list[Anomaly]:
        return await self._history.anomalies_in(self._seen(ranges))

    async def anomaly_changes(self, query: AnomalyChanges) -> list[Anomaly]:
        raise NotImplementedError("changes are followed for all at once, and each follower is told of those that he sees")

    async def watermarks(self, devices: Sequence[str] | None = None) -> Mapping[str, Watermark]:
        found = await self._history.watermarks(devices)
        return {device: mark for device, mark in found.items() if self._sight.device(device)}

    def _seen(self, ranges: Sequence[SeriesRange]) -> list[SeriesRange]:
        sees = self._sight.device
        return [one if sees(one.series.device) else msgspec.structs.replace(one, end_us=one.start_us) for one in ranges]


class SeenHorizon:
    """The port `Horizon`. Of what is not seen nothing was ever there."""

    def __init__(self, horizon: Horizon, sight: Sight) -> None:
        self._horizon = horizon
        self._sight = sight

    def windows_from(self, span: Span) -> int:
        return self._horizon.windows_from(span)

    def whole_from(self) -> int:
        return self._horizon.whole_from()

    def rows_gone(self, device: str, start_us: int, end_us: int) -> bool:
        return self._of(device).rows_gone(device, start_us, end_us)

    def require(self, device: str, start_us: int, end_us: int) -> None:
        self._of(device).require(device, start_us, end_us)

    def kept_from(self, device: str) -> int:
        return self._of(device).kept_from(device)

    def gone(self) -> Mapping[str, Sequence[int]]:
        return {device: days for device, days in self._horizon.gone().items() if self._sight.device(device)}

    def archived(self, device: str, start_us: int, end_us: int) -> Sequence[int]:
        return self._of(device).archived(device, start_us, end_us)

    def _of(self, device: str) -> Horizon:
        return self._horizon if self._sight.device(device) else ENDLESS
