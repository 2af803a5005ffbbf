"""An export as bytes, part by part."""

import asyncio
from collections.abc import AsyncGenerator

from adapters.event_log.iterating import closing
from adapters.table_streams import TableStream
from api.export_requests import Export
from api.history import shared
from api.services import Services
from api.windows import unit_of, zones
from projections.exporting import Exporter
from projections.judging import Judge


def exporter(services: Services) -> Exporter:
    """Exports of the history; ApiError HISTORY_NOT_SHARED where this process has none."""
    judge = Judge(services.rules.quality, services.decisions)
    lateness, zone_of = services.rules.lateness, zones(services)
    unit, clock = unit_of(services), services.clock
    return Exporter(shared(services), judge, lateness=lateness, zone_of=zone_of, unit_of=unit, clock=clock)


async def written(services: Services, export: Export) -> AsyncGenerator[bytes, None]:
    """The export as bytes, part by part."""
    stream: TableStream | None = None
    async with closing(exporter(services).tables(export.wanted)) as tables:
        async for table in tables:
            stream = stream or TableStream(export.format, table.schema)
            yield await asyncio.to_thread(stream.write, table)
    if stream is not None:
        yield await asyncio.to_thread(stream.finish)
