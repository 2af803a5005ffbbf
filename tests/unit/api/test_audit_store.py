"""The audit store: it outlives its process, and lets go of what is too old."""

import asyncio
from pathlib import Path

import pytest

from adapters.audit.port import Action, AuditError, Deed, EntryQuery, Outcome, Tally
from adapters.audit.sqlite import SqliteAudit

EVERYTHING = EntryQuery()
READS = {Action.READ}


def deed(name: str, *, document: str | None = None) -> Deed:
    return Deed(actor="key:a", address="192.0.2.1", action=Action.READ, operation=name, fields=("sites",), document=document)


async def test_what_is_written_is_there_after_a_restart(tmp_path: Path) -> None:
    store = await SqliteAudit.open(tmp_path / "audit.db")
    tallies = [Tally(deed("One", document="{ sites { id } }"), 5), Tally(deed("Two", document="{ sites { id } }"), 6)]
    await store.write(tallies)
    tallies[0].again(9)
    await store.write(tallies[:1])
    await store.close()
    store = await SqliteAudit.open(tmp_path / "audit.db")
    two, one = await store.find(EVERYTHING)
    assert (one.deed, one.first_us, one.last_us, one.count) == (tallies[0].deed, 5, 9, 2)
    assert two.deed == tallies[1].deed
    assert await store.last_used() == {"key:a": 9}
    await store.close()


async def test_it_can_be_asked_by_who_what_and_when(tmp_path: Path) -> None:
    store = await SqliteAudit.open(tmp_path / "audit.db")
    refused = Deed(actor="key:b", address=None, action=Action.ENTER, outcome=Outcome.REFUSED, code="UNAUTHENTICATED")
    await store.write([Tally(deed("Early"), 10), Tally(refused, 20), Tally(deed("Late"), 30)])

    async def names(query: EntryQuery) -> list[str | None]:
        return [entry.deed.operation or entry.deed.code for entry in await store.find(query)]

    assert await names(EntryQuery(actor="key:b")) == ["UNAUTHENTICATED"]
    assert await names(EntryQuery(action=Action.READ)) == ["Late", "Early"]
    assert await names(EntryQuery(outcome=Outcome.REFUSED)) == ["UNAUTHENTICATED"]
    assert await names(EntryQuery(start_us=20)) == ["Late", "UNAUTHENTICATED"]
    assert await names(EntryQuery(end_us=20)) == ["Early"]
    assert await names(EntryQuery(limit=1)) == ["Late"]
    await store.close()


async def test_it_lets_go_of_what_is_too_old_and_of_what_is_too_much(tmp_path: Path) -> None:
    store = await SqliteAudit.open(tmp_path / "audit.db")
    await store.write([Tally(deed(str(number), document=f"query {number}"), number) for number in range(10)])
    assert await store.expire(3, READS, 100) == 3
    assert await store.expire(0, READS, 4) == 3
    assert [entry.deed.document for entry in await store.find(EVERYTHING)] == [f"query {number}" for number in (9, 8, 7, 6)]
    assert await store.expire(0, READS, 4) == 0
    await store.write([Tally(Deed(actor=None, address=None, action=Action.ENTER, outcome=Outcome.REFUSED), 20)])
    assert await store.expire(0, {Action.ENTER}, 1) == 0
    assert len(await store.find(EVERYTHING)) == 5
    await store.close()


async def test_a_file_that_is_none_of_its_own_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(AuditError, match="is damaged"):
        await SqliteAudit.open(path)
    with pytest.raises(AuditError, match="cannot be used now"):
        await SqliteAudit.open(tmp_path / "nowhere" / "audit.db")


async def test_nobody_else_reads_what_it_holds(tmp_path: Path) -> None:
    store = await SqliteAudit.open(tmp_path / "audit.db")
    await store.write([Tally(deed("One"), 1)])
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("audit.db", "audit.db-wal", "audit.db-shm"), 0o600)
    await store.close()


async def test_writes_that_overlap_and_one_that_nobody_waits_for_count_a_deed_once(tmp_path: Path) -> None:
    store = await SqliteAudit.open(tmp_path / "audit.db")
    tally = Tally(deed("One"), 1)
    writing = asyncio.create_task(store.write([tally]), name="left")
    await asyncio.sleep(0)
    writing.cancel()
    tally.again(2)
    await asyncio.gather(writing, store.write([tally]), store.write([tally]), return_exceptions=True)
    [entry] = await store.find(EVERYTHING)
    assert (entry.count, entry.last_us) == (2, 2)
    await store.close()
