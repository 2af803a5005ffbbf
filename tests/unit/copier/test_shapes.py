"""Logs of any shape, cut at any place, between stores that fail: the copy is the log, and no event is in it twice."""

import asyncio
from collections.abc import Iterator
from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.port import Append, EventLog, LogUnavailableError
from glasshouse.copier.reading import Patience
from glasshouse.copier.standing import ForeignTargetError
from glasshouse.copier.tally import Tally
from glasshouse.copier.transfer import BYTES_AT_ONCE, EVENTS_AT_ONCE, appends_of
from tests.support.copying import FlakyLog, contents, copy, fill, kept, said
from tests.support.memory_log import MemoryLog

STREAMS = st.lists(st.sampled_from(["device-a", "device-b", "control-a", "alert-x"]), max_size=60)
FAULTS = st.lists(st.sampled_from(["lost", "torn", "away", "none"]), max_size=6)


class NoWait(Patience):
    """Waits for no clock."""

    async def wait(self, error: LogUnavailableError) -> None:  # noqa: ARG002 - as Patience has it
        await asyncio.sleep(0)


async def filled(streams: list[str]) -> MemoryLog:
    log = MemoryLog("source")
    await fill(log, streams)
    return log


@given(STREAMS, FAULTS)
def test_the_copy_is_the_log_whatever_becomes_of_the_answers(streams: list[str], faults: list[str]) -> None:
    async def run() -> None:
        source, target = await filled(streams), FlakyLog("target", faults)
        report = await copy(source, target, patience=NoWait())
        assert report.verified
        assert kept(await contents(target)) == kept(await contents(source))

    asyncio.run(run())


@given(STREAMS, st.integers(0, 60))
def test_a_copy_is_taken_up_where_it_ends(streams: list[str], cut: int) -> None:
    async def run() -> None:
        source, target = await filled(streams), MemoryLog("target")
        await fill(target, streams[:cut])
        report = await copy(source, target)
        assert (report.already_there, report.verified) == (min(cut, len(streams)), True)
        assert kept(await contents(target)) == kept(await contents(source))

    asyncio.run(run())


@given(STREAMS, st.data())
def test_one_event_that_is_another_is_found_before_anything_is_appended(streams: list[str], data: st.DataObject) -> None:
    async def run() -> None:
        source, target = await filled(streams), MemoryLog("target")
        there = data.draw(st.integers(1, len(streams)))
        wrong = data.draw(st.integers(0, there - 1))
        for number, stream in enumerate(streams[:there]):
            await target.append([Append(stream, -2, [said(number + (1000 if number == wrong else 0))])])
        with pytest.raises(ForeignTargetError, match="with another id"):
            await copy(source, target)
        assert len(await contents(target)) == there

    if streams:
        asyncio.run(run())


@given(STREAMS, STREAMS)
def test_hashes_agree_exactly_where_the_logs_do(one: list[str], other: list[str]) -> None:
    async def tally(streams: list[str]) -> Tally:
        made = Tally()
        for event in await contents(await filled(streams)):
            made.add(event)
        return made

    first, second = asyncio.run(tally(one)), asyncio.run(tally(other))
    assert (first.digest == second.digest) == (one == other)


@given(st.lists(st.integers(0, BYTES_AT_ONCE), max_size=12), st.integers(0, 3 * EVENTS_AT_ONCE))
def test_no_append_is_larger_than_a_store_takes_unless_one_event_is(sizes: list[int], small: int) -> None:
    async def parts() -> list[Append]:
        log = MemoryLog("source")
        events = [said(number, size=size) for number, size in enumerate(chain(sizes, repeat(0, small)))]
        await log.append([Append("device-a", -2, events)] if events else [])
        return list(appends_of(await contents(log), Tally()))

    appends = asyncio.run(parts())
    assert sum(len(append.events) for append in appends) == len(sizes) + small
    for append in appends:
        assert 1 <= len(append.events) <= EVENTS_AT_ONCE
        assert len(append.events) == 1 or sum(_sizes(append)) <= BYTES_AT_ONCE


def _sizes(append: Append) -> Iterator[int]:
    return (len(event.data) + len(event.metadata) for event in append.events)


async def test_a_source_that_is_away_for_a_moment_is_asked_again() -> None:
    source, target = await filled(["device-a", "device-b"] * 10), MemoryLog("target")
    source.fail_next = LogUnavailableError("the source is away")
    assert (await copy(source, target, patience=NoWait())).copied == 20


async def test_a_target_that_stores_what_comes_after_an_event_that_it_refused_is_given_up_at_once() -> None:
    source, target = await filled(["device-a", "device-b", "device-c"]), FlakyLog("target", ["holed"])
    with pytest.raises(ForeignTargetError, match="its order is not the source's"):
        await copy(source, target, patience=NoWait())


@pytest.mark.parametrize("away", ["source", "target"])
async def test_a_store_that_stays_away_ends_the_copy_with_its_own_words(away: str) -> None:
    source: EventLog = await filled(["device-a"])
    target: EventLog = MemoryLog("target") if away == "source" else FlakyLog("target", repeat("away"))
    if away == "source":
        source = await _always_away(source)
    with pytest.raises(LogUnavailableError, match="away"):
        await copy(source, target, patience=Patience(seconds=0))


async def _always_away(log: EventLog) -> EventLog:
    async def head() -> None:
        raise LogUnavailableError("the source is away")

    log.head = head  # type: ignore[method-assign]
    return log
