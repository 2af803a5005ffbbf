"""A subscription that is dropped where it hurts, and one that has nothing to tell."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.event_log.esdb.log import EsdbEventLog
from adapters.event_log.esdb.looking import Looking
from adapters.event_log.port import NO_STREAM, LogUnavailableError, Page
from schema.envelope import Filter, Position
from tests.support.eventstore.process import Double
from tests.support.logs import all_of, append, names, until_caught_up

HAPPENED = Filter(types=frozenset({"Happened"}))


async def test_dropped_while_it_looks_at_a_checkpoint_it_passes_over_no_event(
    log: EsdbEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await append(log, "device-a", NO_STREAM, "one")
    await append(log, "device-a", 0, *(f"other-{number}" for number in range(1500)), kind="Other")
    await append(log, "device-a", 1500, "two")
    is_within, asked = Looking.is_within, 0

    async def away_at_first(looking: Looking, position: Position) -> bool:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise LogUnavailableError("away")
        return await is_within(looking, position)

    monkeypatch.setattr(Looking, "is_within", away_at_first)
    assert names(all_of(await until_caught_up(log.subscribe(None, only=HAPPENED)))) == ["one", "two"]
    assert asked > 1


async def first_told(subscription: AsyncIterator[Page]) -> list[str]:
    """The names of the first page that holds any: progress may come before."""
    async for page in subscription:
        if page.events:
            return names(page.events)
    raise AssertionError("a subscription ended by itself")


async def test_one_with_nothing_to_tell_is_left_in_peace(double: Double) -> None:
    """A server filters by category or by type: what it sends in vain is no sign that it fell silent."""
    log = await EsdbEventLog.open(double.url, patience=1.0)
    subscription = log.subscribe(None, only=Filter(categories=frozenset({"device"}), types=HAPPENED.types))
    assert (await anext(subscription)).caught_up
    before = (await double.switch.counts())["subscriptions"]
    await append(log, "device-a", NO_STREAM, "other", kind="Other")
    waiting = asyncio.create_task(first_told(subscription), name="waiting")
    asked = (await double.switch.counts())["reads"]
    async with asyncio.timeout(10):
        while not waiting.done() and (await double.switch.counts())["reads"] < asked + 3:
            await asyncio.sleep(0.05)
    assert (await double.switch.counts())["subscriptions"] == before
    await append(log, "device-a", 0, "mine")
    assert await waiting == ["mine"]
    await log.close()
