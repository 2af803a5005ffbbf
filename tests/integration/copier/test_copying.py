"""Copying one SQLite log into another: what is kept, what is refused, and what a report says."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.event_log.port import Append, LogError
from adapters.event_log.sqlite import SqliteEventLog
from glasshouse.copier.standing import ForeignTargetError
from glasshouse.copier.transfer import BYTES_AT_ONCE
from tests.support.copying import contents, copy, fill, kept, opened, said

MIXED = [f"{('device', 'control', 'device')[number % 3]}-{number % 7}" for number in range(5_000)]


@pytest.fixture
async def source(tmp_path: Path) -> AsyncIterator[SqliteEventLog]:
    async with opened(tmp_path / "source.db") as log:
        yield log


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[SqliteEventLog]:
    async with opened(tmp_path / "target.db") as log:
        yield log


def change(log: Path, statement: str) -> None:
    """What a log would never do to itself."""
    with closing(sqlite3.connect(log)) as connection, connection:
        assert connection.execute(statement).rowcount > 0


async def test_a_copy_keeps_the_order_of_the_whole_log_and_every_byte_of_its_events(
    source: SqliteEventLog, target: SqliteEventLog
) -> None:
    await fill(source, MIXED)
    report = await copy(source, target)
    assert kept(await contents(target)) == kept(await contents(source))
    assert (report.events, report.copied, report.already_there) == (5_000, 5_000, 0)
    assert report.verified
    assert len(report.streams) == len(set(MIXED))
    assert target.log_id != source.log_id


async def test_a_second_run_copies_what_came_since_and_nothing_twice(source: SqliteEventLog, target: SqliteEventLog) -> None:
    await fill(source, MIXED)
    await copy(source, target)
    await fill(source, ["device-new", "device-1", "device-new"], first=10_000)
    report = await copy(source, target)
    assert (report.already_there, report.copied, report.verified) == (5_000, 3, True)
    assert kept(await contents(target)) == kept(await contents(source))


async def test_a_copy_of_the_copy_has_the_same_hashes(source: SqliteEventLog, target: SqliteEventLog, tmp_path: Path) -> None:
    await fill(source, MIXED)
    first = await copy(source, target)
    async with opened(tmp_path / "third.db") as third:
        second = await copy(target, third)
    assert (second.hash, second.streams) == (first.hash, first.streams)


async def test_an_empty_log_is_copied_into_an_empty_log(source: SqliteEventLog, target: SqliteEventLog) -> None:
    report = await copy(source, target)
    assert (report.events, report.copied, report.verified) == (0, 0, True)
    assert await target.head() is None


async def test_a_log_is_not_copied_into_itself(source: SqliteEventLog, tmp_path: Path) -> None:
    await fill(source, MIXED[:3])
    async with opened(tmp_path / "source.db") as again:
        with pytest.raises(LogError, match="FROM and TO are the same log"):
            await copy(source, again)


async def test_given_the_wrong_way_round_nothing_is_done(source: SqliteEventLog, target: SqliteEventLog) -> None:
    await fill(target, MIXED[:3])
    with pytest.raises(ForeignTargetError, match="wrong way round"):
        await copy(source, target)


async def test_a_target_that_holds_something_else_is_refused_and_left_alone(
    source: SqliteEventLog, target: SqliteEventLog
) -> None:
    await fill(source, MIXED)
    await fill(target, ["lease-project"], first=77)
    with pytest.raises(ForeignTargetError, match=r"a Type2 in lease-project at revision 0, where the source holds a Type0"):
        await copy(source, target)
    assert len(await contents(target)) == 1


async def test_a_copy_that_went_its_own_way_is_refused_with_the_place(source: SqliteEventLog, target: SqliteEventLog) -> None:
    await fill(source, MIXED[:100])
    await copy(source, target)
    await fill(target, ["device-0"], first=900)
    await fill(source, ["device-0"], first=901)
    revision = MIXED[:100].count("device-0")
    with pytest.raises(ForeignTargetError, match=rf"after 100 events .* device-0 at revision {revision}.* another id and"):
        await copy(source, target)


async def test_a_copy_that_holds_all_and_has_gone_on_is_told_so(source: SqliteEventLog, target: SqliteEventLog) -> None:
    await fill(source, MIXED[:100])
    await copy(source, target)
    await fill(target, ["device-0", "device-1"], first=900)
    report = await copy(source, target)
    assert (report.already_there, report.copied, report.beyond, report.verified) == (100, 0, 2, True)


async def test_a_stream_that_was_truncated_begins_at_zero_in_the_copy_and_is_named(
    source: SqliteEventLog, target: SqliteEventLog
) -> None:
    await fill(source, ["device-a"] * 10 + ["device-b"] * 10)
    await source.truncate("device-a", 6)
    report = await copy(source, target)
    assert [(one.stream, one.revision, one.source_revision) for one in report.renumbered] == [("device-a", 3, 9)]
    assert report.verified
    assert [one.id for one in await target.read_stream("device-a")] == [one.id for one in await source.read_stream("device-a")]
    await fill(source, ["device-a"], first=50)
    assert (await copy(source, target)).verified


async def test_what_the_source_lets_go_of_between_two_runs_stays_in_the_copy(
    source: SqliteEventLog, target: SqliteEventLog
) -> None:
    await fill(source, ["lease-a", "device-a", "lease-a", "device-a"] * 5)
    await copy(source, target)
    before = kept(await contents(target))
    await fill(source, ["lease-a", "device-a"] * 2, first=50)
    await source.truncate("lease-a", 11)
    report = await copy(source, target)
    assert (report.already_there, report.let_go, report.copied, report.verified) == (20, 10, 3, True)
    after = kept(await contents(target))
    assert after[:20] == before
    assert [one[0] for one in after[20:]] == ["device-a", "lease-a", "device-a"]


async def test_what_the_source_gets_meanwhile_is_counted_and_left_for_the_next_run(
    source: SqliteEventLog, target: SqliteEventLog
) -> None:
    await fill(source, MIXED)
    plain = target.append

    async def append_while_the_source_grows(appends: list[Append]) -> object:
        await fill(source, ["device-live"], first=20_000 + (await source.head() or 0))
        return await plain(appends)

    target.append = append_while_the_source_grows  # type: ignore[method-assign, assignment]
    report = await copy(source, target)
    assert (report.copied, report.verified) == (5_000, True)
    assert report.came_since > 0
    assert (await copy(source, target)).already_there == 5_000


async def test_somebody_else_who_writes_to_the_target_is_noticed(source: SqliteEventLog, target: SqliteEventLog) -> None:
    await fill(source, MIXED)
    plain = target.append

    async def append_after_another(appends: list[Append]) -> object:
        await plain([Append(appends[-1].stream, -2, [said(99_999)])])
        return await plain(appends)

    target.append = append_after_another  # type: ignore[method-assign, assignment]
    with pytest.raises(ForeignTargetError, match="somebody else writes to the target"):
        await copy(source, target)


async def test_large_events_come_through(source: SqliteEventLog, target: SqliteEventLog) -> None:
    large = [said(number, size=BYTES_AT_ONCE - 1000 * number) for number in range(6)]
    await source.append([Append("device-large", -2, [one]) for one in large])
    assert (await copy(source, target)).verified
    assert kept(await contents(target)) == kept(await contents(source))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE event SET data = '{}' WHERE position = 2000", "another data"),
        ("UPDATE event SET type = 'Other' WHERE position = 2000", "another type"),
        (
            "UPDATE event SET id = x'00112233445566778899aabbccddeeff' WHERE position = 2000",
            "from here on it holds other events",
        ),
        ("DELETE FROM event WHERE position = 2000", "from here on it holds other events"),
    ],
)
async def test_what_differs_in_the_copy_is_named_by_stream_and_revision(
    source: SqliteEventLog, target: SqliteEventLog, tmp_path: Path, damage: str, told: str
) -> None:
    await fill(source, MIXED)
    original = (await contents(source))[1999]
    _damaged_before_it_is_read_back(target, tmp_path / "target.db", damage)
    report = await copy(source, target)
    assert [(one.stream, one.revision, one.what) for one in report.differences] == [(original.stream, original.revision, told)]


async def test_two_events_that_changed_places_in_the_log_are_named(
    source: SqliteEventLog, target: SqliteEventLog, tmp_path: Path
) -> None:
    await fill(source, [f"device-{number}" for number in range(10)])
    swap = "UPDATE event SET position = CASE position WHEN -4 THEN 5 ELSE 4 END WHERE position < 0"
    _damaged_before_it_is_read_back(
        target, tmp_path / "target.db", "UPDATE event SET position = -position WHERE position IN (4, 5)", swap
    )
    (difference,) = (await copy(source, target)).differences
    assert (difference.stream, difference.revision) == ("device-4", 0)
    assert "a Type0 in device-3 at revision 0 comes first" in difference.what


def _damaged_before_it_is_read_back(target: SqliteEventLog, file: Path, *damage: str) -> None:
    """Changes the file once all is copied, which is when its head is asked for."""
    plain = target.head
    filled = False

    async def head() -> object:
        nonlocal filled
        found = await plain()
        if found is not None and not filled:
            filled = True
            for statement in damage:
                change(file, statement)
        return found

    target.head = head  # type: ignore[method-assign, assignment]
