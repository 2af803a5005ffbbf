"""Looking nodes up by their ids: those of one type together, in one question to the read model that knows them.

A field that gives a single object asks here too. So whatever is refused or left out by one way is so by the other.
What is refused of one id, or of those of one type, keeps no other node away.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeAlias

from adapters.history.port import SeriesKey, SeriesRange
from api.alert_rules import find_rule
from api.alerts import find_alert
from api.auditing import last_used
from api.commands import find_commands
from api.context import Context
from api.cursors import AnomalyPlace, decode_place
from api.errors import ApiError, ErrorCode, limit_error
from api.history import shared
from api.notifications import find_notifications
from api.roles import Role, require
from api.types.alert import Alert
from api.types.alert_rule import AlertRule
from api.types.anomaly import Anomaly, anomaly
from api.types.audit import EventAudit, event_audit
from api.types.dead_letter import DeadLetter, dead_letter
from api.types.device import Device, device
from api.types.key import ApiKey, api_key
from api.types.node import Node, NodeId, decode_node_id
from api.types.projection import Projection, projection
from api.types.site import Site, site
from api.visibility import ACCOUNTS, ALERTS, LATEST, LINEAGE, WINDOWS
from domain.anomalies import Severity
from projections.lineage_queries import DeadLetterView
from schema.ids import EventId, parse_event_id

Found: TypeAlias = Node | ApiError | None
"""None where there is nothing, or why nobody is told."""
LookUp: TypeAlias = Callable[[Context, Sequence[str], str | None], Awaitable[Sequence[Found]]]
"""From ids of one type, and a cursor that the answer must not lie behind, to what they name; ApiError where none is told."""


async def find_nodes(context: Context, texts: Sequence[str], at_least: str | None) -> list[Found]:
    """The nodes of these ids in that order; ApiError where they are too many."""
    if len(texts) > context.services.limits.nodes:
        raise limit_error("node ids", context.services.limits.nodes, len(texts))
    wanted = [_known(text) for text in texts]
    ids = list(dict.fromkeys(each for each in wanted if isinstance(each, NodeId)))
    found: dict[NodeId, Found] = {}
    for kind in dict.fromkeys(node_id.kind for node_id in ids):
        of_kind = [node_id for node_id in ids if node_id.kind == kind]
        nodes = await _looked_up(context, kind, [node_id.id for node_id in of_kind], at_least)
        found |= dict(zip(of_kind, nodes, strict=True))
    return [found[each] if isinstance(each, NodeId) else each for each in wanted]


async def _looked_up(context: Context, kind: str, ids: Sequence[str], at_least: str | None) -> Sequence[Found]:
    try:
        return await _LOOK_UPS[kind](context, ids, at_least)
    except ApiError as error:
        return [error] * len(ids)


async def find_devices(context: Context, ids: Sequence[str], at_least: str | None) -> list[Device | None]:
    await context.visibility.at_least(LATEST, at_least)
    views = [context.services.latest.device(each) for each in ids]
    return [None if view is None else device(view) for view in views]


async def find_events(context: Context, ids: Sequence[str], at_least: str | None) -> list[EventAudit | None]:
    log_id = context.services.log.log_id
    wanted = [_event_id(each) for each in ids]
    await context.visibility.at_least(LINEAGE, at_least)
    events = await context.services.lineage.find_all(wanted)
    return [None if event is None else event_audit(event, log_id) for event in events]


async def _audits(context: Context, ids: Sequence[str], at_least: str | None) -> list[Found]:
    return await _readable(context, ids, at_least, find_events, _event_id)


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


async def _letters(context: Context, ids: Sequence[str], at_least: str | None) -> list[Found]:
    return await _readable(context, ids, at_least, _find_letters, _event_id)


async def _find_letters(context: Context, ids: Sequence[str], at_least: str | None) -> list[Found]:
    await context.visibility.at_least(LINEAGE, at_least)
    kept = await context.services.lineage.letters([_event_id(each) for each in ids])
    return [None if view is None else _letter(context, view) for view in kept]


def _letter(context: Context, view: DeadLetterView) -> DeadLetter | ApiError:
    try:
        context.letter_bytes.spend(len(view.payload))
    except ApiError as error:
        return error
    return dead_letter(view)


async def _anomalies(context: Context, ids: Sequence[str], at_least: str | None) -> list[Found]:
    return await _readable(context, ids, at_least, _find_anomalies, lambda own: decode_place(own, AnomalyPlace))


async def _find_anomalies(context: Context, ids: Sequence[str], at_least: str | None) -> list[Anomaly | None]:
    places = [decode_place(each, AnomalyPlace) for each in ids]
    ranges = [
        SeriesRange(SeriesKey(place.device, place.sensor, place.metric), place.start_us, place.start_us + 1) for place in places
    ]
    history = shared(context.services)
    await context.visibility.at_least(WINDOWS, at_least)
    found = {(one.series, one.start_us): one for one in await history.anomalies_in(ranges)}
    kept = [found.get((each.series, each.start_us)) for each in ranges]
    return [None if one is None or one.severity is Severity.NONE else anomaly(one) for one in kept]


async def _alerts(context: Context, ids: Sequence[str], at_least: str | None) -> list[Alert | None]:
    await context.visibility.at_least(ALERTS, at_least)
    return [find_alert(context.services, each) for each in ids]


async def _alert_rules(context: Context, ids: Sequence[str], at_least: str | None) -> list[AlertRule | None]:
    await context.visibility.at_least(ALERTS, at_least)
    return [find_rule(context.services, each) for each in ids]


async def _projections(context: Context, ids: Sequence[str], at_least: str | None) -> list[Projection | None]:
    del at_least  # how they stand is known at once
    known = {status.name: status for status in context.services.projections.status()}
    return [projection(known[name], context.services) if name in known else None for name in ids]


async def _readable(
    context: Context, ids: Sequence[str], at_least: str | None, look_up: LookUp, read: Callable[[str], object]
) -> list[Found]:
    """What those name of which `read` can make something, and of the others why it cannot."""
    wrong: dict[str, ApiError] = {}
    for own in ids:
        try:
            read(own)
        except ApiError as error:
            wrong[own] = error
    good = [own for own in ids if own not in wrong]
    nodes = await look_up(context, good, at_least) if good else []
    found = {**wrong, **dict(zip(good, nodes, strict=True))}
    return [found[own] for own in ids]


def _event_id(text: str) -> EventId:
    try:
        return parse_event_id(text)
    except ValueError as error:
        raise ApiError(ErrorCode.INVALID_INPUT, f"{error}: give the id of an event") from None


_LOOK_UPS: Final[Mapping[str, LookUp]] = {
    "Alert": _alerts,
    "AlertRule": _alert_rules,
    "Anomaly": _anomalies,
    "ApiKey": _keys,
    "Command": find_commands,
    "DeadLetter": _letters,
    "Device": find_devices,
    "EventAudit": _audits,
    "Notification": find_notifications,
    "Projection": _projections,
    "Site": _sites,
}
"""By the name of the type. What only some roles may see asks for the role itself."""


def _known(text: str) -> NodeId | ApiError:
    try:
        node_id = decode_node_id(text)
    except ApiError as error:
        return error
    if node_id.kind in _LOOK_UPS:
        return node_id
    message = f"{text[:64]!r} is the id of a {node_id.kind[:64]!r}, which is no type of node"
    return ApiError(ErrorCode.INVALID_INPUT, message)
