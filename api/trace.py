"""The causal trace of a correlation id, from the log by way of the lineage index; it needs nothing beside the house itself."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import strawberry

from adapters.history.port import HistoryRow, RangeQuery
from api.context import Context
from api.scoped_rules import is_within
from api.services import Services
from api.types.command import command
from api.types.trace import Trace
from api.types.trace_entries import Entries, Recorded, opened
from api.visibility import COMMANDS, LINEAGE
from domain.commands import CommandState
from projections.command_queries import CommandQuery, CommandView
from schema.events import SensorReading
from schema.ids import EventId, parse_event_id
from schema.rules import AlertRaised, AlertRuleDefined

_HOPS: Final = 5
"""How far causes are followed back beyond the events of the correlation id."""
_ANSWERS: Final = 20
"""Of one command."""
_PLACES: Final = 3
_DEVICES: Final = 10
_ROWS: Final = 20
"""Bounds of what is looked at after the effect: places, devices of each, and values of each device."""


async def trace(context: Context, correlation_id: str, at_least: str | None) -> Trace | None:
    """Null where no event bears the correlation id. It is not behind what is shown of its commands."""
    for model in (LINEAGE, COMMANDS):
        await context.visibility.at_least(model, at_least)
    if (shown := context.services.projections.position(COMMANDS)) is not None:
        await context.visibility.settle(LINEAGE, shown)
    return await Tracing(context.services, correlation_id).run()


class Tracing:
    """One question."""

    def __init__(self, services: Services, correlation_id: str) -> None:
        self._services = services
        self._correlation_id = correlation_id
        self._most = services.limits.traced

    async def run(self) -> Trace | None:
        found = await self._services.lineage.correlated(self._correlation_id, first=self._most + 1)
        if not found:
            return None
        own = [opened(recorded) for recorded in found[: self._most]]
        views = await self._commands()
        known = {one.recorded.id: one for one in [*own, *await self._answers(views)]}
        before = [*await self._rules(own), *await self._causes(known)]
        after = await self._after(views, before, {*known, *(one.recorded.id for one in before)})
        make = Entries(self._services.log.log_id, self._services.decisions)
        ordered = sorted([*before, *known.values()], key=lambda one: one.recorded.position)
        entries = [make.entry(one) for one in ordered]
        entries += [make.entry(one, after=True) for one in after]
        return Trace(
            correlation_id=strawberry.ID(self._correlation_id),
            entries=entries,
            commands=[command(view) for view in views],
            truncated=len(found) > self._most,
        )

    async def _commands(self) -> Sequence[CommandView]:
        query = CommandQuery(correlation_id=self._correlation_id, limit=2 * self._services.limits.commands)
        return (await self._services.commands.commands(query))[::-1]

    async def _answers(self, views: Sequence[CommandView]) -> list[Recorded]:
        """What devices tell of the commands: it bears no correlation id, and may come late."""
        devices = {view.command.id: view.command.device_id for view in views}
        return [opened(recorded) for recorded in await self._services.lineage.of_commands(devices, first=_ANSWERS)]

    async def _rules(self, own: Iterable[Recorded]) -> list[Recorded]:
        """The versions of the rules that raised alerts: what was in force then, and by whose word."""
        raised = {(one.event.rule_id, one.event.rule_revision) for one in own if isinstance(one.event, AlertRaised)}
        seen = [each for each in sorted(raised) if self._services.alert_rules.rule(each[0]) is not None]
        found = [await self._services.log.read_stream(f"rule-{rule}", start=revision, limit=1) for rule, revision in seen]
        return [one for events in found for one in map(opened, events) if self._sees_rule(one)]

    def _sees_rule(self, one: Recorded) -> bool:
        """Of whom a part is seen alone, that version has to be about that part, too."""
        sight, rule = self._services.sight, one.event
        return sight is None or (isinstance(rule, AlertRuleDefined) and is_within(rule.where, sight))

    async def _causes(self, known: dict[EventId, Recorded]) -> list[Recorded]:
        """What led to it, from outside of the correlation id."""
        found: dict[EventId, Recorded] = {}
        wanted = set(_ids([*_causes_of(known.values()), *_evidence_of(known.values())])) - known.keys()
        for _ in range(_HOPS):
            events = await self._services.lineage.find_all(sorted(wanted))
            more = {event.id: opened(event) for event in events if event is not None}
            found |= more
            wanted = set(_ids(_causes_of(more.values()))) - known.keys() - found.keys()
            if not wanted:
                break
        return list(found.values())

    async def _after(self, views: Sequence[CommandView], before: Sequence[Recorded], known: set[EventId]) -> list[Recorded]:
        """The first reading of each sensor after a command succeeded: of those that led to it, and of the place."""
        causes = [one.event.device_id for one in before if isinstance(one.event, SensorReading)]
        rows = [row for place, since in self._effects(views).items() for row in await self._rows(place, causes, since)]
        ids = list(dict.fromkeys(row.event_id for row in sorted(rows, key=lambda row: row.timestamp_us)))
        events = await self._services.lineage.find_all([event_id for event_id in ids if event_id not in known])
        return [opened(event) for event in events if event is not None]

    def _effects(self, views: Sequence[CommandView]) -> dict[str, datetime]:
        """Where commands succeeded, and since when there."""
        effects: dict[str, datetime] = {}
        for view in views:
            device = self._services.latest.device(view.command.device_id)
            place = None if device is None else device.location or device.site
            ended_at = view.command.ended_at
            if place is not None and ended_at is not None and view.command.state is CommandState.SUCCEEDED:
                effects.setdefault(place, ended_at)
        return dict(list(effects.items())[:_PLACES])

    async def _rows(self, place: str, causes: Sequence[str], since: datetime) -> list[HistoryRow]:
        history = self._services.history
        if history is None:
            return []
        there = [view.device_id for view in self._services.latest.devices(first=_DEVICES, location=place)]
        found: dict[tuple[str, str], HistoryRow] = {}
        for device_id in list(dict.fromkeys([*causes, *there]))[:_DEVICES]:
            for row in await history.readings(RangeQuery(device=device_id, start=since, limit=_ROWS)):
                found.setdefault((row.device, row.sensor), row)
        return list(found.values())


def _causes_of(found: Iterable[Recorded]) -> Iterable[str]:
    return (one.cause for one in found if one.cause is not None)


def _evidence_of(found: Iterable[Recorded]) -> Iterable[str]:
    """The readings that show an alert: the first and the last of them."""
    return (event_id for one in found if isinstance(one.event, AlertRaised) for event_id in one.event.evidence)


def _ids(texts: Iterable[str]) -> Iterable[EventId]:
    for text in texts:
        try:
            yield parse_event_id(text)
        except ValueError:  # somebody else's word for it
            continue
