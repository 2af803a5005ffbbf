"""The latest state and the dead letters as the API shows them, digested; and the same from read models at hand."""

from collections.abc import AsyncIterator, Iterable
from hashlib import blake2b
from typing import Any, Final, Protocol

import msgspec

from glasshouse.client import ApiClient
from projections.latest_queries import DeviceView, LatestQueries
from projections.lineage_queries import LineageQueries
from schema.ids import format_event_id
from schema.times import format_time

_PAGE: Final = 200
_DEVICES: Final = """
query ($after: String, $atLeast: Cursor) {
  devices(first: 200, after: $after, atLeast: $atLeast) {
    nodes {
      id site location name status
      latest { sensorId metric value quality timestamp eventId }
      actuators { actuatorId state timestamp eventId }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
_LETTERS: Final = "query ($atLeast: Cursor) { deadLetters(first: 1, atLeast: $atLeast) { totalCount } }"


class Queries(Protocol):
    """Read models at hand, to compare with."""

    @property
    def latest(self) -> LatestQueries: ...

    @property
    def lineage(self) -> LineageQueries: ...


async def served_hash(client: ApiClient, at_least: str) -> str:
    """What the API shows of all devices, and how many dead letters it knows, once it has read up to that cursor."""
    letters = (await client.ask(_LETTERS, atLeast=at_least))["deadLetters"]["totalCount"]
    return _digest([device async for device in _served(client, at_least)], letters)


async def shown_hash(queries: Queries) -> str:
    """What an API over these read models would show."""
    return _digest(map(_shown, _all(queries.latest)), await queries.lineage.count_dead_letters())


async def _served(client: ApiClient, at_least: str) -> AsyncIterator[dict[str, Any]]:
    after: str | None = None
    while True:
        page = (await client.ask(_DEVICES, after=after, atLeast=at_least))["devices"]
        for node in page["nodes"]:
            yield node
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _all(latest: LatestQueries) -> Iterable[DeviceView]:
    after: str | None = None
    while views := latest.devices(first=_PAGE, after=after):
        yield from views
        after = views[-1].device_id


def _shown(view: DeviceView) -> dict[str, Any]:
    return {
        "id": view.device_id,
        "site": view.site,
        "location": view.location,
        "name": view.name,
        "status": None if view.status is None else view.status.upper(),
        "latest": [
            {
                "sensorId": one.sensor,
                "metric": one.metric,
                "value": one.value,
                "quality": one.quality.upper(),
                "timestamp": format_time(one.timestamp),
                "eventId": format_event_id(one.event_id),
            }
            for one in view.readings
        ],
        "actuators": [
            {
                "actuatorId": one.actuator,
                "state": one.state,
                "timestamp": format_time(one.timestamp),
                "eventId": format_event_id(one.event_id),
            }
            for one in view.actuators
        ],
    }


def _digest(devices: Iterable[dict[str, Any]], letters: int) -> str:
    content = msgspec.json.encode([sorted(devices, key=lambda device: str(device["id"])), letters], order="sorted")
    return blake2b(content, digest_size=16).hexdigest()
