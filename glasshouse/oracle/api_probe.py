"""Looks into the read models of a running house the way everybody does: over its GraphQL API."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final

from adapters.history.port import SeriesKey
from glasshouse.client import ApiClient
from glasshouse.oracle.probe import Shown
from schema.ids import parse_event_id
from schema.times import format_time

_SELECTORS: Final = 20
_READINGS: Final = """
query ($device: ID!, $after: String) {
  readings(deviceId: $device, first: 500, after: $after) {
    edges { node { eventId sensorId metric } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
_SERIES: Final = """
query ($selectors: [SeriesSelector!]!, $from: DateTime!, $to: DateTime!) {
  series(selectors: $selectors, from: $from, to: $to, window: "P1D") { buckets { count bad } }
}
"""


class ApiProbe:
    """Implements `ReadModelProbe`."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def readings(self, device: str) -> AsyncIterator[Sequence[Shown]]:
        after: str | None = None
        while True:
            page = (await self._client.ask(_READINGS, device=device, after=after))["readings"]
            nodes = [edge["node"] for edge in page["edges"]]
            yield [
                Shown(SeriesKey(device, node["sensorId"], node["metric"]), parse_event_id(node["eventId"])) for node in nodes
            ]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    async def counts(self, series: Sequence[SeriesKey], start: datetime, end: datetime) -> Sequence[int]:
        counts: list[int] = []
        for first in range(0, len(series), _SELECTORS):
            selectors = [
                {"deviceId": key.device, "sensorId": key.sensor, "metric": key.metric}
                for key in series[first : first + _SELECTORS]
            ]
            window = {"from": format_time(start), "to": format_time(end)}
            answer = await self._client.ask(_SERIES, selectors=selectors, **window)
            counts += [sum(bucket["count"] + bucket["bad"] for bucket in one["buckets"]) for one in answer["series"]]
        return counts
