"""A small house that takes in what is posted to `/ingest`, through a pipeline of its own."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from api.app import build_app
from api.limits import Limits
from api.roles import Role
from domain.leases import ALL
from glasshouse.http_ingest import HttpIngest
from ingest.limits import IngestLimits
from schema.envelope import EVERYTHING, RecordedEvent
from tests.support.api import House, small_house
from tests.support.ingest import Ingest, ingesting, reading

NDJSON = "application/x-ndjson"


class Gateway:
    """A house, its ingest, and one who posts to it. `why_not` is what keeps it from taking in."""

    def __init__(self, house: House, ingest: Ingest, sites: Collection[str]) -> None:
        self.house = house
        self.ingest = ingest
        self.why_not: str | None = None
        port = HttpIngest(ingest.pipeline, house.log.log_id, sites, lambda: self.why_not)
        house.services = replace(house.services, ingest=port, registry=CollectorRegistry())
        house.app = build_app(house.services)

    async def post(
        self, body: object, *, key: str | None = None, kind: str = "application/json", **headers: str
    ) -> httpx.Response:
        """Post bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        given = {"content-type": kind, "authorization": f"Bearer {key or self.house.keys[Role.INGEST]}", **headers}
        async with self.house.client(None) as client:
            return await client.post("/ingest", content=content, headers=given)

    async def results(self, body: object, **how: Any) -> list[str]:
        """What became of each item of a post that was taken."""
        response = await self.post(body, **how)
        assert response.status_code in {200, 422}, response.text
        return [one["result"] for one in response.json()["results"]]


@asynccontextmanager
async def gateway(
    folder: Path,
    *,
    limits: Limits | None = None,
    ingest: IngestLimits | None = None,
    sites: Collection[str] = (ALL,),
    log: EventLog | None = None,
) -> AsyncIterator[Gateway]:
    async with small_house(folder, limits=limits, log=log) as house, ingesting(house.log, limits=ingest) as running:
        yield Gateway(house, running, sites)


def item(payload: object = None, *, site: str = "home", device: str = "tomato-1", topic: str = "reading") -> dict[str, Any]:
    """An item; without a payload it is a reading."""
    return {"site": site, "device": device, "topic": topic, "payload": reading() if payload is None else payload}


def by_line(items: Sequence[object]) -> bytes:
    return b"".join(msgspec.json.encode(one) + b"\n" for one in items)


async def stored(log: EventLog, category: str = "device") -> list[RecordedEvent]:
    """All events of the streams of that category."""
    events = [event async for page in log.read_all(None, only=EVERYTHING) for event in page.events]
    return [event for event in events if event.stream.startswith(f"{category}-")]
