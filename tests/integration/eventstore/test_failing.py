"""A server that fails: what is said, what is tried again, and that no subscription ends for it."""

import asyncio
from functools import partial
from pathlib import Path

import psutil
import pytest
from esdbclient import AsyncEventStoreDBClient
from esdbclient.streams import StreamState

from adapters.event_log.esdb.log import EsdbEventLog
from adapters.event_log.port import ANY, MAX_APPEND_BYTES, NO_STREAM, Append, Appended, LogError, LogUnavailableError
from schema.envelope import Filter, NewEvent, Position
from tests.support.eventstore.process import Double, eventstore
from tests.support.logs import append, event, events, names
from tests.support.patient_log import patiently


async def seen_until(log: EsdbEventLog, last: str, after: Position | None = None, only: Filter | None = None) -> list[str]:
    seen: list[str] = []
    async with asyncio.timeout(30):
        async for page in log.subscribe(after, only=only or Filter()):
            seen += names(page.events)
            if last in seen:
                return seen
    raise AssertionError("a subscription ended by itself")


async def test_what_a_server_says_when_it_cannot_store_is_told(log: EsdbEventLog, double: Double) -> None:
    switch = double.switch
    for fault, complaint in (
        (switch.not_ready, "cannot take appends now: Server Is Not Ready"),
        (switch.busy, "cannot take appends now: Server Is .*Busy"),
        (switch.disk_full, "does not say why: see its own log, and whether its disk is full"),
    ):
        await fault()
        with pytest.raises(LogUnavailableError, match=complaint):
            await append(log, "device-a", ANY, "one")
        await switch.heal()
    assert isinstance(await append(log, "device-a", NO_STREAM, "one"), Appended)


async def test_an_answer_that_was_lost_is_known_again_by_the_expected_revision(log: EsdbEventLog, double: Double) -> None:
    await double.switch.drop_appends(1, moment="after")
    with pytest.raises(LogUnavailableError):
        await append(log, "device-a", NO_STREAM, "one")
    await double.switch.forget_ids()
    assert isinstance(await patiently(lambda: append(log, "device-a", NO_STREAM, "one")), Appended)
    assert names(await log.read_stream("device-a")) == ["one"]


async def test_many_who_ask_which_ids_a_stream_holds_hold_up_nobody_else(log: EsdbEventLog, double: Double) -> None:
    await append(log, "device-a", NO_STREAM, "one")
    await double.switch.delay(read_ms=2000)
    asking = [asyncio.create_task(log.contains(f"device-{number}", [event("one").id])) for number in range(30)]
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await log.head()
    assert not all(task.done() for task in asking)
    await double.switch.heal()
    await asyncio.gather(*asking)


async def test_what_is_larger_than_an_append_may_be_is_refused_before_it_is_sent(log: EsdbEventLog, double: Double) -> None:
    before = await double.switch.counts()
    big = NewEvent(event("big").id, "Big", b'{"x":"%b"}' % (b"x" * MAX_APPEND_BYTES), b"{}")
    with pytest.raises(LogError, match="larger than"):
        await log.append([Append("device-a", ANY, [big])])
    assert (await double.switch.counts())["appends"] == before["appends"]


async def test_a_server_with_a_smaller_limit_names_it(tmp_path: Path) -> None:
    async with eventstore(tmp_path, "--largest-append", "1000") as double:
        log = await EsdbEventLog.open(double.url)
        with pytest.raises(LogError, match="takes at most 1000 bytes an append"):
            await append(log, "device-a", ANY, *(f"e{number}" for number in range(100)))
        await log.close()


async def test_a_stream_that_was_deleted_for_good_is_named(log: EsdbEventLog, double: Double) -> None:
    await append(log, "device-a", NO_STREAM, "one")
    client = AsyncEventStoreDBClient(double.url)
    await client.connect()
    await client.tombstone_stream("device-a", current_version=StreamState.ANY)
    await client.close()
    with pytest.raises(LogError, match="the stream device-a was deleted for good"):
        await append(log, "device-a", ANY, "two")


@pytest.mark.parametrize("only", [Filter(), Filter(categories=frozenset({"device"})), Filter(types=frozenset({"Happened"}))])
async def test_a_subscription_goes_on_after_every_kind_of_end(log: EsdbEventLog, double: Double, only: Filter) -> None:
    following = asyncio.create_task(seen_until(log, "last", only=only), name="following")
    switch = double.switch
    for number, fault in enumerate(
        (switch.end_mid_stream, switch.die_mid_stream, switch.drop, switch.end_mid_stream, double.restart)
    ):
        await patiently(partial(append, log, "device-a", number - 1, f"e{number}"))
        await fault()
    await patiently(lambda: append(log, "device-a", 4, "last"))
    assert await following == ["e0", "e1", "e2", "e3", "e4", "last"]


async def test_a_read_that_ends_early_as_if_that_were_all_is_gone_on_with(log: EsdbEventLog, double: Double) -> None:
    await append(log, "device-a", NO_STREAM, *(f"e{number}" for number in range(20)))
    await double.switch.end_mid_stream(after=5)
    found = [page async for page in log.read_all(None, page_size=2)]
    assert [name for page in found for name in names(page.events)] == [f"e{number}" for number in range(20)]
    assert found[-1].position == await log.head()


async def test_a_checkpoint_beyond_the_end_is_not_gone_on_from(log: EsdbEventLog, double: Double) -> None:
    only = Filter(categories=frozenset({"account"}))
    following = asyncio.create_task(seen_until(log, "mine", only=only), name="following")
    await double.switch.bad_checkpoint(times=100)
    for number in range(3):
        await patiently(log.head)
        many = [Append("device-a", ANY, events(*(f"{number}-{part}" for part in range(600))))]
        await patiently(partial(log.append, many))
        await double.switch.drop()
    await patiently(lambda: append(log, "account-x", ANY, "mine"))
    assert await following == ["mine"]


async def test_a_position_beyond_the_end_of_the_log_is_refused(log: EsdbEventLog) -> None:
    position = (await log.append([Append("device-a", NO_STREAM, events("one"))]))[0]
    assert isinstance(position, Appended)
    beyond = Position(position.position + 1_000_000)
    with pytest.raises(LogError, match=r"beyond the end of esdb://.*another log"):
        await anext(log.subscribe(beyond))
    with pytest.raises(LogError, match="beyond the end"):
        await anext(log.read_all(beyond))


@pytest.mark.parametrize(
    ("pings", "patience"), [("KeepAliveInterval=200&KeepAliveTimeout=200", 60.0), ("KeepAliveInterval=-1", 1.0)]
)
async def test_a_server_that_is_half_open_is_noticed_and_left(double: Double, pings: str, patience: float) -> None:
    """By pings, or without them by the patience of an append and of the watch over a quiet subscription."""
    log = await EsdbEventLog.open(f"{double.url}&{pings}", patience=patience)
    await append(log, "device-a", NO_STREAM, "one")
    following = asyncio.create_task(seen_until(log, "two"), name="following")
    await asyncio.sleep(0)
    await double.switch.freeze()
    async with asyncio.timeout(50):
        with pytest.raises(LogUnavailableError):
            await append(log, "device-a", 0, "two")
    await double.switch.freeze(on=False)
    await double.switch.drop()
    await patiently(lambda: append(log, "device-a", 0, "two"))
    assert (await following)[-1] == "two"
    await log.close()


async def test_closing_does_not_wait_for_a_server_that_says_nothing(double: Double) -> None:
    log = await EsdbEventLog.open(double.url, patience=60.0)
    await double.switch.freeze()
    waiting: list[asyncio.Task[object]] = [asyncio.create_task(log.head(), name="waiting") for _ in range(40)]
    waiting.append(asyncio.create_task(append(log, "device-a", ANY, "one"), name="waiting"))
    await asyncio.sleep(0.2)
    async with asyncio.timeout(30):
        await log.close()
        ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(end) for end in ends} == {LogUnavailableError}


async def test_a_quiet_subscription_is_not_taken_for_a_dropped_one_by_what_it_leaves_out(double: Double) -> None:
    log = await EsdbEventLog.open(double.url, patience=1.0)
    only = Filter(categories=frozenset({"device"}), types=frozenset({"Happened"}))
    following = asyncio.create_task(seen_until(log, "last", only=only), name="following")
    await append(log, "device-a", NO_STREAM, "one")
    await append(log, "device-a", 0, "two", kind="Other")
    await asyncio.sleep(3.0)
    await append(log, "device-a", 1, "last")
    assert await following == ["one", "last"]
    assert (await double.switch.counts())["subscriptions"] == 1
    await log.close()


async def test_looks_and_subscriptions_that_are_over_leave_nothing_behind(log: EsdbEventLog) -> None:
    async def look(times: int) -> None:
        for _ in range(times):
            await log.head()
            async for _ in log.subscribe(None):
                break

    await append(log, "device-a", NO_STREAM, "one")
    await look(50)
    before = psutil.Process().memory_info().rss
    await look(300)
    assert psutil.Process().memory_info().rss - before < 4 * 1024 * 1024
