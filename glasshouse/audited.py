"""What the oracle is given to look at: the log, and whatever read models a data folder's process fills, running or at rest."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.history.serving import ServingHistory
from glasshouse.client import ApiClient, trust_in
from glasshouse.oracle.api_probe import ApiProbe
from glasshouse.oracle.probe import Hashes, HashPair, HistoryProbe, ReadModelProbe, at_rest
from glasshouse.oracle.served import served_hash, shown_hash
from glasshouse.ownership import owner, resting_folder, resting_house
from glasshouse.read_side import (
    QuerySide,
    hashes,
    history_hashes,
    open_query_side,
    open_serving_history,
    query_hashes,
    rebuilt,
    rebuilt_queries,
)
from glasshouse.reading import Reading, projecting
from glasshouse.settings import Settings
from glasshouse.stores import history_versions, is_shared, open_event_log
from glasshouse.versions.made import rules_of
from glasshouse.versions.shelf import HISTORY
from glasshouse.versions.standing import Standing, look_up
from projections.accounts import Accounts
from projections.decisions import Decisions
from projections.engine import Engine
from projections.feed import Feed
from projections.historical import history_models
from projections.metrics import ProjectionMetrics
from schema.envelope import Cursor


class Audited(msgspec.Struct, frozen=True):
    """`rows` shows and adds up readings; `hashes` tells read models from what a rebuild makes. None: nothing to look at."""

    log: EventLog
    rows: ReadModelProbe | None = None
    hashes: Hashes | None = None


@asynccontextmanager
async def audited(settings: Settings) -> AsyncIterator[Audited]:
    """The log of the settings, and the read models of their data folder."""
    async with AsyncExitStack() as stack:
        running = await owner(settings)
        if running is None and settings.event_log is None:
            _, log, side = await stack.enter_async_context(resting_house(settings))
            yield Audited(log, HistoryProbe(side.history), lambda: hashes(side, log))
        elif running is None:
            yield await _resting_role(settings, stack)
        else:
            log = await open_event_log(settings, read_only=True)
            stack.push_async_callback(log.close)
            client = await stack.enter_async_context(ApiClient(running["http"], settings.key, trust_in(running)))
            yield await _running(settings, running.get("role"), log, client)


async def _running(settings: Settings, role: str | None, log: EventLog, client: ApiClient) -> Audited:
    """Over its API, where it has one and a key opens it."""
    if settings.key is None or role in {"ingest", "project", "react"}:
        return Audited(log)
    rows = ApiProbe(client) if role is None or is_shared(settings) else None

    async def compare() -> Mapping[str, HashPair]:
        async with rebuilt_queries(log) as side:

            async def look() -> Mapping[str, HashPair]:
                await side.caught_up(log)
                head = Cursor(log.log_id, await log.head()).encode()
                return {"latest": HashPair(await served_hash(client, head), await shown_hash(side))}

            return await at_rest(log, look)

    return Audited(log, rows, compare)


async def _resting_role(settings: Settings, stack: AsyncExitStack) -> Audited:
    """What lies in the data folder tells which role it was."""
    folder = stack.enter_context(resting_folder(settings))
    log = await open_event_log(settings)
    stack.push_async_callback(log.close)
    standing = await look_up(log, settings)
    history = await _history(standing, log, stack)
    queries = await _own_queries(standing, log, stack) if folder.lineage.exists() else None

    async def compare() -> Mapping[str, HashPair]:
        found: dict[str, HashPair] = {}
        if queries is not None:
            async with rebuilt_queries(log) as side:
                found |= await query_hashes(queries, side)
        if history is not None:
            async with rebuilt(log, standing.serving(HISTORY)) as house:
                found["history"] = await history_hashes(history, house.history)
        return found

    return Audited(log, None if history is None else HistoryProbe(history), compare if history or queries else None)


async def _history(standing: Standing, log: EventLog, stack: AsyncExitStack) -> ServingHistory | None:
    """One that others may fill is looked at as it is."""
    settings, number = standing.shelf.settings, standing.serving(HISTORY).number
    if is_shared(settings):
        shared = await open_serving_history(standing)
        stack.push_async_callback(shared.close)
        return shared
    return await _own_history(standing, log, stack) if number in await history_versions(settings) else None


async def _own_history(standing: Standing, log: EventLog, stack: AsyncExitStack) -> ServingHistory:
    history = await open_serving_history(standing)
    stack.push_async_callback(history.close)
    feed, accounts, decisions = Feed(log), Accounts(), Decisions()
    rules = rules_of(standing.serving(HISTORY))
    raw, windows = history_models(history, decisions, lambda position: engine.reached(decisions.name, position), rules=rules)
    metrics = ProjectionMetrics(CollectorRegistry())
    engine = Engine(log, feed, [accounts, decisions, raw], metrics=metrics, derived=[windows])
    await _caught_up(Reading(feed, engine, accounts), log, stack)
    return history


async def _own_queries(standing: Standing, log: EventLog, stack: AsyncExitStack) -> QuerySide:
    side = await open_query_side(log, standing, registry=CollectorRegistry())
    await _caught_up(side, log, stack)
    return side


async def _caught_up(side: Reading, log: EventLog, stack: AsyncExitStack) -> None:
    await stack.enter_async_context(projecting(side))
    await side.caught_up(log)
