"""The services as somebody sees them whose key is good for a part of the house alone: what he does not see is not there.

Every question goes through the same ports as those of all others, so that none can be asked around them.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from adapters.event_log.iterating import closing
from api.errors import ApiError, ErrorCode
from api.scope import EVERYTHING, Scope, Sight
from api.scoped_alerts import OF_ALERTS, AlertDevices
from api.scoped_commands import SeenCommands
from api.scoped_decisions import SeenDecisions
from api.scoped_history import AT_ONCE, SeenHistory
from api.scoped_projections import SeenProjections, SeenRebuilds
from api.scoped_rules import SeenRules
from api.services import Services
from projections.command_queries import CommandQueries
from projections.feed_queries import FeedPage, LiveQueries
from projections.latest_queries import DeviceView, LatestQueries, SiteView
from projections.lineage_queries import DeadLetterView, LetterState, LineageQueries
from schema.envelope import Filter, Position, RecordedEvent, decode_metadata
from schema.ids import EventId

_OF_DEVICES: Final = frozenset({"device", "control"})
_SILENT: Final = "device-"
"""The stream of a device without an id, which never speaks."""


def as_seen(services: Services, scope: Scope) -> Services:
    """The services for whoever has that scope."""
    if scope == EVERYTHING:
        return services
    sight = Sight(scope, services.latest)
    commands = SeenCommands(services.commands, sight)
    return replace(
        services,
        whole=services,
        sight=sight,
        latest=SeenLatest(services.latest, sight),
        alert_rules=SeenRules(services.alert_rules, sight),
        decisions=SeenDecisions(services.decisions, sight),
        lineage=SeenLineage(services.lineage, commands, AlertDevices(services.log), sight),
        commands=commands,
        projections=SeenProjections(services.projections),
        rebuilds=None if services.rebuilds is None else SeenRebuilds(services.rebuilds, sight),
        feed=SeenFeed(services.feed, sight),
        history=None if services.history is None else SeenHistory(services.history, sight),
    )


class SeenLatest:
    """The port `LatestQueries`."""

    def __init__(self, latest: LatestQueries, sight: Sight) -> None:
        self._latest = latest
        self._sight = sight

    def device(self, device_id: str) -> DeviceView | None:
        return self._latest.device(device_id) if self._sight.device(device_id) else None

    def devices(
        self,
        *,
        first: int,
        after: str | None = None,
        before: str | None = None,
        backwards: bool = False,
        location: str | None = None,
    ) -> list[DeviceView]:
        seen: list[DeviceView] = []
        step = max(first, AT_ONCE)
        while True:
            found = self._latest.devices(first=step, after=after, before=before, backwards=backwards, location=location)
            some = [view for view in found if self._sight.device(view.device_id)]
            seen = some + seen if backwards else seen + some
            if len(found) < step or len(seen) >= first:
                return seen[-first:] if backwards else seen[:first]
            after, before = (after, found[0].device_id) if backwards else (found[-1].device_id, before)

    def site(self, site_id: str) -> SiteView | None:
        return self._latest.site(site_id) if self._sight.site(site_id) else None

    def sites(self) -> list[SiteView]:
        return [view for view in self._latest.sites() if self._sight.site(view.site_id)]


class SeenLineage:
    """The port `LineageQueries`."""

    def __init__(self, lineage: LineageQueries, commands: CommandQueries, alerts: AlertDevices, sight: Sight) -> None:
        self._lineage = lineage
        self._commands = commands
        self._alerts = alerts
        self._sight = sight

    async def find(self, event_id: EventId) -> RecordedEvent | None:
        [found] = await self.find_all([event_id])
        return found

    async def find_all(self, event_ids: Sequence[EventId]) -> list[RecordedEvent | None]:
        found = await self._lineage.find_all(event_ids)
        return [event if event is not None and await self._sees(event) else None for event in found]

    async def correlated(self, correlation_id: str, *, first: int) -> list[RecordedEvent]:
        return [event for event in await self._lineage.correlated(correlation_id, first=first) if await self._sees(event)]

    async def of_commands(self, devices: Mapping[str, str], *, first: int) -> list[RecordedEvent]:
        return [event for event in await self._lineage.of_commands(devices, first=first) if await self._sees(event)]

    async def letters(self, event_ids: Sequence[EventId]) -> list[DeadLetterView | None]:
        return [None] * len(event_ids)

    async def dead_letters(
        self,
        *,
        first: int,
        before: Position | None = None,
        since: Position | None = None,
        oldest: bool = False,
        state: LetterState | None = None,
    ) -> list[DeadLetterView]:
        del first, before, since, oldest, state
        raise _no_letters()

    async def count_dead_letters(self, state: LetterState | None = None) -> int:
        del state
        raise _no_letters()

    async def _sees(self, event: RecordedEvent) -> bool:
        if event.category == "request":
            return await self._commands.request(event.stream.partition("-")[2]) is not None
        if event.category in OF_ALERTS:
            device = await self._alerts.of(event)
            return device is not None and self._sight.device(device, _site_in(event))
        return _is_seen(event, self._sight)


class SeenFeed:
    """The port `LiveQueries`."""

    def __init__(self, feed: LiveQueries, sight: Sight) -> None:
        self._feed = feed
        self._sight = sight

    async def follow(self, after: Position | None, *, only: Filter) -> AsyncIterator[FeedPage]:
        async with closing(self._feed.follow(after, only=only)) as pages:
            async for page in pages:
                yield self._seen(page)

    async def watch(
        self, after: Position | None, *, only: Filter, stream: str | None, patience: Callable[[], float | None]
    ) -> AsyncIterator[FeedPage]:
        while True:
            heard = self._heard(stream)
            async with closing(self._feed.watch(after, only=only, stream=heard, patience=patience)) as pages:
                async for page in pages:
                    yield self._seen(page)
                    after = page.position
                    if heard != self._heard(stream):
                        break
                else:
                    return

    def _heard(self, stream: str | None) -> str | None:
        """What may wake who waits for that stream: when a device speaks is told to those alone who see it."""
        is_heard = stream is None or self._sight.device(stream.partition("-")[2])
        return stream if is_heard else _SILENT

    def _seen(self, page: FeedPage) -> FeedPage:
        return msgspec.structs.replace(
            page,
            events=[fed for fed in page.events if _is_seen(fed.recorded, self._sight)],
            unreadable=[recorded for recorded in page.unreadable if _is_seen(recorded, self._sight)],
        )


def _is_seen(recorded: RecordedEvent, sight: Sight) -> bool:
    category, _, name = recorded.stream.partition("-")
    if category in _OF_DEVICES:
        return sight.device(name, _site_in(recorded))
    return category == "site" and sight.site(name)


def _site_in(recorded: RecordedEvent) -> str | None:
    try:
        return decode_metadata(recorded.metadata).site
    except msgspec.DecodeError:
        return None


def _no_letters() -> ApiError:
    return ApiError(
        ErrorCode.FORBIDDEN, "dead letters belong to no site that is certain: a key that is limited to some does not see them"
    )
