"""Looking nodes up by their ids: those of one type together, in one question to the read model that knows them.

A field that gives a single object asks here too. So whatever is refused or left out by one way is so by the other.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeAlias

from adapters.history.port import SeriesKey, SeriesRange
from api.auditing import last_used
from api.commands import find_commands
from api.context import Context
from api.cursors import AnomalyPlace, decode_place
from api.errors import ApiError, ErrorCode, limit_error
from api.history import shared
from api.roles import Role, require
from api.types.anomaly import Anomaly, anomaly
from api.types.audit import EventAudit, event_audit
from api.types.dead_letter import DeadLetter, dead_letter
from api.types.device import Device, device
from api.types.key import ApiKey, api_key
from api.types.node import Node, NodeId, decode_node_id
from api.types.projection import Projection, projection
from api.types.site import Site, site
from api.visibility import ACCOUNTS, LATEST, LINEAGE, WINDOWS
from domain.anomalies import Severity
from schema.envelope import RecordedEvent
from schema.ids import EventId, parse_event_id

LookUp: TypeAlias = Callable[[Context, Sequence[str], str | None], Awaitable[Sequence[Node | None]]]
"""From ids of one type, and a cursor that the answer must not lie behind, to what they name; None where there is nothing."""


async def find_nodes(context: Context, texts: Sequence[str], at_least: str | None) -> list[Node | None]:
    """The nodes of these ids in that order; ApiError where one is no id of a node, or where they are too many."""
    if len(texts) > context.services.limits.nodes:
        raise limit_error("node ids", context.services.limits.nodes, len(texts))
    wanted = [_known(text) for text in texts]
    found: dict[NodeId, Node | None] = {}
    for kind in dict.fromkeys(node_id.kind for node_id in wanted):
        ids = list(dict.fromkeys(node_id.id for node_id in wanted if node_id.kind == kind))
        nodes = await _LOOK_UPS[kind](context, ids, at_least)
        found |= {NodeId(kind, own): node for own, node in zip(ids, nodes, strict=True)}
    return [found[node_id] for node_id in wanted]


async def find_devices(context: Context, ids: Sequence[str], at_least: str | None) -> list[Device | None]:
    await context.visibility.at_least(LATEST, at_least)
    views = [context.services.latest.device(each) for each in ids]
    return [None if view is None else device(view) for view in views]


async def find_events(context: Context, ids: Sequence[str], at_least: str | None) -> list[EventAudit | None]:
    log_id = context.services.log.log_id
    events = await _events(context, ids, at_least)
    return [None if event is None else event_audit(event, log_id) for event in events]


async def _sites(context: Context, ids: Sequence[str], at_least: str | None) -> list[Site | None]:
    await context.visibility.at_least(LATEST, at_least)
    views = [context.services.latest.site(each) for each in ids]
    return [None if view is None else site(view) for view in views]


async def _keys(context: Context, ids: Sequence[str], at_least: str | None) -> list[ApiKey | None]:
    require(Role.ADMIN, context.principal.role, "a key")
    await context.visibility.at_least(ACCOUNTS, at_least)
    used = await last_used(context.services)
    views = [context.services.accounts.key(each) for each in ids]
    return [None if view is None else api_key(view, used) for view in views]


async def _letters(context: Context, ids: Sequence[str], at_least: str | None) -> list[DeadLetter | None]:
    wanted = _event_ids(ids)
    await context.visibility.at_least(LINEAGE, at_least)
    kept = await context.services.lineage.letters(wanted)
    context.letter_bytes.spend(sum(len(view.payload) for view in kept if view is not None))
    return [None if view is None else dead_letter(view) for view in kept]


async def _anomalies(context: Context, ids: Sequence[str], at_least: str | None) -> list[Anomaly | None]:
    places = [decode_place(each, AnomalyPlace) for each in ids]
    ranges = [
        SeriesRange(SeriesKey(place.device, place.sensor, place.metric), place.start_us, place.start_us + 1) for place in places
    ]
    history = shared(context.services)
    await context.visibility.at_least(WINDOWS, at_least)
    found = {(one.series, one.start_us): one for one in await history.anomalies_in(ranges)}
    kept = [found.get((each.series, each.start_us)) for each in ranges]
    return [None if one is None or one.severity is Severity.NONE else anomaly(one) for one in kept]


async def _projections(context: Context, ids: Sequence[str], at_least: str | None) -> list[Projection | None]:
    del at_least  # how they stand is known at once
    known = {status.name: status for status in context.services.projections.status()}
    return [projection(known[name], context.services) if name in known else None for name in ids]


async def _events(context: Context, ids: Sequence[str], at_least: str | None) -> list[RecordedEvent | None]:
    wanted = _event_ids(ids)
    await context.visibility.at_least(LINEAGE, at_least)
    return await context.services.lineage.find_all(wanted)


def _event_ids(ids: Sequence[str]) -> list[EventId]:
    try:
        return [parse_event_id(each) for each in ids]
    except ValueError as error:
        raise ApiError(ErrorCode.INVALID_INPUT, f"{error}: give the id of an event") from None


_LOOK_UPS: Final[Mapping[str, LookUp]] = {
    "Anomaly": _anomalies,
    "ApiKey": _keys,
    "Command": find_commands,
    "DeadLetter": _letters,
    "Device": find_devices,
    "EventAudit": find_events,
    "Projection": _projections,
    "Site": _sites,
}
"""By the name of the type. What only some roles may see asks for the role itself."""


def _known(text: str) -> NodeId:
    node_id = decode_node_id(text)
    if node_id.kind not in _LOOK_UPS:
        raise ApiError(ErrorCode.INVALID_INPUT, f"{text[:64]!r} is the id of a {node_id.kind[:64]!r}, which is no type of node")
    return node_id
