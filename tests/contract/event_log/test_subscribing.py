"""Catch-up subscriptions: from any position, filtered, caught up, live, and each event exactly once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.event_log.port import ANY, Append, EventLog, Page
from schema.envelope import Filter
from tests.contract.event_log.conftest import Open
from tests.contract.event_log.stores import MakeStore
from tests.support.logs import all_of, append, events, names, pages, position_after, until_caught_up


async def take(source: AsyncIterator[Page], count: int) -> list[str]:
    """The names of the next `count` events; more than that is an error that shows."""
    seen: list[str] = []
    async with asyncio.timeout(60):
        async for page in source:
            seen += names(page.events)
            if len(seen) >= count:
                return seen
    raise AssertionError("a subscription ended by itself")


async def test_it_catches_up_says_so_and_then_follows(log: EventLog) -> None:
    await append(log, "device-a", ANY, "one", "two")
    subscription = log.subscribe(None)
    found = await until_caught_up(subscription)
    assert names(all_of(found)) == ["one", "two"]
    assert found[-1].position == await log.head()
    await append(log, "device-b", ANY, "three")
    assert await take(log.subscribe(found[-1].position), 1) == ["three"]


async def test_an_empty_log_is_caught_up_with_at_once(log: EventLog) -> None:
    subscription = log.subscribe(None)
    page = await anext(subscription)
    assert (list(page.events), page.caught_up) == ([], True)
    waiting = asyncio.create_task(take(subscription, 1), name="waiting")
    await append(log, "device-a", ANY, "first")
    assert await waiting == ["first"]


async def test_it_starts_after_any_position(log: EventLog) -> None:
    positions = [await position_after(log, "device-a", ANY, f"e{number}") for number in range(10)]
    for number, position in enumerate(positions):
        found = await until_caught_up(log.subscribe(position, page_size=3))
        assert names(all_of(found)) == [f"e{later}" for later in range(number + 1, 10)]


async def test_a_filtered_one_sees_only_what_matches_and_tells_progress_over_the_rest(log: EventLog) -> None:
    await append(log, "account-x", ANY, "mine")
    for number in range(200):
        await append(log, "device-a", ANY, f"e{number}")
    only = Filter(categories=frozenset({"account"}))
    found = await until_caught_up(log.subscribe(None, only=only))
    assert names(all_of(found)) == ["mine"]
    assert found[-1].position == await log.head()
    assert names(all_of(await until_caught_up(log.subscribe(found[-1].position, only=only)))) == []


async def test_many_share_a_log_and_each_goes_at_its_own_pace(log: EventLog) -> None:
    tasks = [asyncio.create_task(take(log.subscribe(None, page_size=size), 200), name=f"s{size}") for size in range(1, 40)]
    for number in range(200):
        await append(log, f"device-{number % 5}", ANY, f"e{number}")
    expected = [f"e{number}" for number in range(200)]
    assert all(seen == expected for seen in await asyncio.gather(*tasks))


async def test_a_cancelled_subscription_ends_and_leaves_the_others_alone(log: EventLog) -> None:
    other = asyncio.create_task(take(log.subscribe(None), 1), name="other")
    cancelled = asyncio.create_task(take(log.subscribe(None), 1), name="cancelled")
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    await append(log, "device-a", ANY, "one")
    assert await other == ["one"]


async def test_a_subscription_ends_when_its_log_is_closed_whether_it_waits_or_catches_up(open_log: Open) -> None:
    log = await open_log()
    await append(log, "device-a", ANY, *(f"e{number}" for number in range(20)))
    waiting, catching_up = log.subscribe(await log.head()), log.subscribe(None, page_size=1)
    await anext(waiting)
    await anext(catching_up)
    endings = [asyncio.create_task(pages(one), name="until the end") for one in (waiting, catching_up)]
    await asyncio.sleep(0)
    await log.close()
    async with asyncio.timeout(10):
        rest = [names(all_of(found)) for found in await asyncio.gather(*endings)]
    assert rest[0] == []
    assert rest[1] == [f"e{number}" for number in range(1, 1 + len(rest[1]))]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), min_size=1, max_size=25),
    page_size=st.integers(1, 7),
    start=st.integers(0, 10),
)
def test_whatever_is_appended_meanwhile_is_seen_once_and_in_order(
    make_store: MakeStore,
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[tuple[int, int]],
    page_size: int,
    start: int,
) -> None:
    async def scenario() -> None:
        store = make_store()
        try:
            log = await store.open_in(tmp_path_factory.mktemp("log"))
            await _appended_meanwhile(log, batches, page_size, start)
            await log.close()
        finally:
            await store.end()

    asyncio.run(scenario())


async def _appended_meanwhile(log: EventLog, batches: list[tuple[int, int]], page_size: int, start: int) -> None:
    earlier = [await position_after(log, "device-0", ANY, f"early-{number}") for number in range(start)]
    expected = [f"{number}-{part}" for number, (_, size) in enumerate(batches) for part in range(size)]
    after = earlier[-1] if earlier else None
    reading = asyncio.create_task(take(log.subscribe(after, page_size=page_size), len(expected)), name="reading")
    for number, (stream, size) in enumerate(batches):
        await log.append([Append(f"device-{stream}", ANY, events(*(f"{number}-{part}" for part in range(size))))])
    assert await reading == expected
