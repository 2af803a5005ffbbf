"""The feed: everything once, from any place, for any number of followers, whatever the log does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from adapters.event_log.iterating import closing
from adapters.event_log.port import ANY, Append, LogError, LogUnavailableError, Page
from projections.feed import Feed, FeedStoppedError
from projections.feed_queries import FeedPage
from projections.ring import RingLimits
from schema.envelope import EVERYTHING, Filter, NewEvent, Position
from schema.events import DeviceMetadata, SensorReading
from tests.support.following import pages_until, positions, read_until
from tests.support.house_events import pack, reading, tell
from tests.support.memory_log import MemoryLog
from tests.support.mqtt import until

Spawn = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]


async def fill(log: MemoryLog, count: int, *, start: int = 0) -> None:
    await tell(log, [reading("tomato-1", start + number, temperature=20.0) for number in range(count)])


async def test_a_follower_from_the_start_gets_the_whole_log_once(log: MemoryLog, feed: Feed) -> None:
    await fill(log, 23)
    pages = await read_until(feed, Position(230))
    assert positions(pages) == [number * 10 for number in range(1, 24)]


async def test_events_come_decoded(log: MemoryLog, feed: Feed) -> None:
    await fill(log, 1)
    [fed] = (await read_until(feed, Position(10)))[-1].events or (await read_until(feed, Position(10)))[0].events
    assert isinstance(fed.event, SensorReading)
    assert fed.event.reading == {"temperature": 20.0}


async def test_a_follower_of_an_empty_log_is_caught_up_at_once(feed: Feed) -> None:
    assert await read_until(feed, None) == [FeedPage((), None, caught_up=True)]


async def test_a_follower_goes_on_after_its_place_also_in_the_middle_of_a_page(log: MemoryLog, feed: Feed) -> None:
    await read_until(feed, None)
    await fill(log, 5)
    for after in range(0, 60, 10):
        pages = await read_until(feed, Position(50), after=Position(after))
        assert positions(pages) == list(range(after + 10, 60, 10))


async def test_what_is_appended_later_arrives_live(log: MemoryLog, feed: Feed) -> None:
    async with closing(feed.follow(None, only=EVERYTHING)) as pages:
        await pages_until(pages, None)
        await fill(log, 2)
        assert positions(await pages_until(pages, Position(20))) == [10, 20]
        await fill(log, 1, start=2)
        assert positions(await pages_until(pages, Position(30))) == [30]


async def test_who_had_caught_up_hears_that_the_log_is_away_and_when_it_is_back(log: MemoryLog, feed: Feed) -> None:
    await fill(log, 1)
    async with closing(feed.follow(None, only=EVERYTHING)) as pages:
        await pages_until(pages, Position(10))
        log.fail(LogUnavailableError("away"))
        async with asyncio.timeout(10):
            assert [await anext(pages), await anext(pages)] == [
                FeedPage((), Position(10), caught_up=False),
                FeedPage((), Position(10), caught_up=True),
            ]


async def test_a_filter_leaves_what_matches_and_progress_over_the_rest(log: MemoryLog, feed: Feed) -> None:
    control = pack("control-tomato-1", DeviceMetadata(device_id="tomato-1", name="Tomatoes"))
    only = Filter(categories=frozenset({"control"}))
    async with closing(feed.follow(None, only=only)) as pages:
        await pages_until(pages, None)
        await tell(log, [reading("tomato-1", 1, temperature=1.0), control, reading("tomato-1", 2, temperature=1.0)])
        assert positions(await pages_until(pages, Position(30))) == [20]
        await fill(log, 30, start=10)
        progress = await pages_until(pages, Position(330))
        assert positions(progress) == []
    by_type = await read_until(feed, Position(330), only=Filter(types=frozenset({"DeviceMetadata"})))
    assert positions(by_type) == [20]


async def test_progress_over_many_pages_that_do_not_match_comes_as_one(log: MemoryLog, feed: Feed) -> None:
    async with closing(feed.follow(None, only=Filter(types=frozenset({"KeyIssued"})))) as pages:
        await pages_until(pages, None)
        await fill(log, 100)
        await read_until(feed, Position(1000))
        assert await anext(pages) == FeedPage((), Position(1000), caught_up=True)


@settings(max_examples=40)
@given(
    batches=st.lists(st.integers(1, 12), min_size=1, max_size=12),
    starts=st.lists(st.integers(0, 80), min_size=1, max_size=4),
    ring=st.integers(1, 30),
)
async def test_followers_behind_the_ring_miss_nothing_and_see_nothing_twice(
    batches: list[int], starts: list[int], ring: int
) -> None:
    log = MemoryLog()
    feed = Feed(log, limits=RingLimits(events=ring), page_size=4)
    running = asyncio.create_task(feed.run(), name="feed")
    total = sum(batches)
    ends = [Position(total * 10)] * len(starts)
    places = [Position(min(start, total) * 10) for start in starts]
    followers = [asyncio.create_task(_slow(feed, place, end), name="follower") for place, end in zip(places, ends, strict=True)]
    for number, batch in enumerate(batches):
        await fill(log, batch, start=number * 100)
        await asyncio.sleep(0)
    for place, follower in zip(places, followers, strict=True):
        assert await follower == list(range(place + 10, total * 10 + 1, 10))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def _slow(feed: Feed, after: Position, end: Position) -> list[Position]:
    """A follower that lets the others go first, and so falls out of the ring."""
    seen: list[Position] = []
    async with closing(feed.follow(after, only=EVERYTHING)) as pages:
        async for page in pages:
            seen += positions([page])
            if page.caught_up and page.position is not None and page.position >= end:
                return seen
            for _ in range(7):
                await asyncio.sleep(0)
    raise AssertionError("the feed ended")


async def test_a_follower_that_stands_still_delays_nobody_and_holds_no_memory(log: MemoryLog, spawn: Spawn) -> None:
    feed = Feed(log, limits=RingLimits(events=10), page_size=5)
    spawn(feed.run())
    async with closing(feed.follow(None, only=EVERYTHING)) as slow:
        await pages_until(slow, None)
        await fill(log, 200)
        assert len(positions(await read_until(feed, Position(2000)))) == 200
        assert len(positions(await pages_until(slow, Position(2000)))) == 200


async def test_the_log_being_away_delays_and_loses_nothing(log: MemoryLog, feed: Feed) -> None:
    async with closing(feed.follow(None, only=EVERYTHING)) as pages:
        await pages_until(pages, None)
        with capture_logs() as logs:
            log.fail(LogUnavailableError("the disk is full"))
            await fill(log, 8)
            assert positions(await pages_until(pages, Position(80))) == [number * 10 for number in range(1, 9)]
    assert [entry["reason"] for entry in logs if entry["event"] == "feed_waits_for_the_log"] == ["the disk is full"]


async def test_a_follower_that_reads_the_log_itself_waits_for_it_too(log: MemoryLog, spawn: Spawn) -> None:
    await fill(log, 12)
    feed = Feed(log, page_size=5, retry_seconds=0.0)
    spawn(feed.run())
    await read_until(feed, Position(120), after=Position(120))
    with capture_logs():
        log.fail_next = LogUnavailableError("locked")
        assert len(positions(await read_until(feed, Position(120)))) == 12


async def test_a_log_that_fails_for_good_ends_the_feed_and_tells_its_followers(log: MemoryLog) -> None:
    feed = Feed(log)
    running = asyncio.create_task(feed.run(), name="feed")
    async with closing(feed.follow(None, only=EVERYTHING)) as pages:
        await pages_until(pages, None)
        log.fail(LogError("the file is damaged"))
        with pytest.raises(FeedStoppedError, match="the file is damaged"):
            await anext(pages)
    with pytest.raises(LogError):
        await running


async def test_an_event_of_an_unknown_type_passes_without_its_inside(log: MemoryLog, feed: Feed) -> None:
    stranger = NewEvent(b"\x01" * 16, "FromTheFuture", b"{}", b"{}")
    await log.append([Append("device-tomato-1", ANY, [stranger])])
    [page] = [page for page in await read_until(feed, Position(10)) if page.events]
    assert page.events[0].event is None
    assert page.unreadable == ()


async def test_data_that_does_not_fit_its_type_is_named_and_the_page_goes_on(log: MemoryLog, feed: Feed) -> None:
    broken = NewEvent(b"\x01" * 16, "SensorReading", b'{"deviceId": 5}', b"{}")
    await fill(log, 1)
    await log.append([Append("device-tomato-1", ANY, [broken])])
    await fill(log, 1, start=1)
    with capture_logs():
        pages = [page for page in await read_until(feed, Position(30)) if page.events]
    assert positions(pages) == [10, 20, 30]
    assert [recorded.id for page in pages for recorded in page.unreadable] == [broken.id]
    others = await read_until(feed, Position(30), only=Filter(categories=frozenset({"control"})))
    assert [recorded for page in others for recorded in page.unreadable] == []


async def test_a_feed_for_some_categories_fetches_no_others_and_still_says_how_far_it_is(log: MemoryLog) -> None:
    asked: list[Filter] = []
    subscribe = log.subscribe

    def listening(after: Position | None, *, only: Filter = EVERYTHING, page_size: int = 1000) -> AsyncIterator[Page]:
        asked.append(only)
        return subscribe(after, only=only, page_size=page_size)

    log.subscribe = listening  # type: ignore[method-assign]
    only = Filter(categories=frozenset({"control"}))
    feed = Feed(log, only=only)
    task = asyncio.create_task(feed.run(), name="feed")
    await read_until(feed, None)
    await fill(log, 3)
    await tell(log, [pack("control-tomato-1", DeviceMetadata(device_id="tomato-1"))])
    await fill(log, 3, start=10)
    assert positions(await read_until(feed, Position(70), only=only)) == [40]
    assert asked == [only]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_who_watches_one_stream_is_woken_by_it_alone_and_then_has_what_came_between(log: MemoryLog, feed: Feed) -> None:
    asked: list[float | None] = []

    def patience() -> float | None:
        asked.append(None)
        return None

    watching = feed.watch(None, only=EVERYTHING, stream="device-a", patience=patience)
    async with closing(watching) as pages:
        await pages_until(pages, None)
        waiting = asyncio.ensure_future(anext(pages))
        await until(lambda: asked)
        for number in range(3):
            await tell(log, [reading("b", number, temperature=1.0)])
            await read_until(feed, await log.head())
        assert (len(asked), waiting.done()) == (1, False)
        await tell(log, [reading("a", 0, temperature=2.0)])
        seen = [await waiting]
        while not seen[-1].caught_up:
            seen.append(await anext(pages))
        assert [event.recorded.stream for page in seen for event in page.events] == ["device-b"] * 3 + ["device-a"]


async def test_patience_that_ends_brings_a_page_with_what_came_meanwhile_or_nothing(log: MemoryLog, feed: Feed) -> None:
    async with closing(feed.watch(None, only=EVERYTHING, stream="device-a", patience=lambda: 0.01)) as pages:
        await pages_until(pages, None)
        assert (await anext(pages)).events == ()
        await tell(log, [reading("b", 0, temperature=1.0)])
        head = await log.head()
        while not (page := await anext(pages)).events:
            assert page.position is None
        assert (page.position, page.caught_up) == (head, True)


async def test_nobody_who_has_gone_is_remembered(feed: Feed) -> None:
    for number in range(3):
        async with closing(feed.watch(None, only=EVERYTHING, stream=f"device-{number}", patience=lambda: 60.0)) as pages:
            await pages_until(pages, None)
            waiting = asyncio.ensure_future(anext(pages))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
    assert feed._waiters._waiting == {}


async def test_who_follows_other_things_is_not_woken_for_each_page_but_at_once_by_what_concerns_him(
    log: MemoryLog, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = pack("control-tomato-1", DeviceMetadata(device_id="tomato-1", name="Tomatoes"))
    only = Filter(categories=frozenset({"control"}))
    monkeypatch.setattr("projections.feed._PROGRESS_SECONDS", 3600)
    async with closing(feed.follow(None, only=only)) as pages:
        await pages_until(pages, None)
        coming = asyncio.ensure_future(anext(pages))
        for number in range(20):
            await fill(log, 1, start=number)
            await read_until(feed, Position(10 * (number + 1)))
        assert not coming.done()
        await tell(log, [control])
        async with asyncio.timeout(10):
            assert positions([await coming]) == [210]
