"""Keys as the log says: issued, and revoked for ever."""

import asyncio
from pathlib import Path

import pytest

from adapters.snapshot import SnapshotFile
from projections.account_queries import KeySecret
from projections.accounts import SNAPSHOT_KIND, SNAPSHOT_VERSION, Accounts
from schema.envelope import Cursor, Position
from schema.keys import KeyIssued, KeyRevoked, KeyRotated
from tests.support.engines import read_all, running
from tests.support.house_events import Said, at, pack, reading, tell
from tests.support.memory_log import MemoryLog


def issued(key_id: str, role: str = "viewer") -> Said:
    event = KeyIssued(
        account_id="main",
        key_id=key_id,
        name=f"key {key_id}",
        role=role,
        secret_sha256="00ff",
        expires_at=at(60),
        sites=("farm",),
        devices=("tomato-1", "tomato-2"),
    )
    return pack("account-main", event)


def rotated(key_id: str, number: int) -> Said:
    event = KeyRotated(
        account_id="main",
        key_id=key_id,
        number=number,
        secret_sha256=f"sha {number}",
        mqtt_hash=f"mqtt {number}",
        old_until=at(30 + number),
    )
    return pack("account-main", event)


def revoked(key_id: str) -> Said:
    return pack("account-main", KeyRevoked(account_id="main", key_id=key_id))


async def accounts_of(*said: Said) -> Accounts:
    log, accounts = MemoryLog(), Accounts()
    await tell(log, said)
    await read_all(log, [accounts])
    return accounts


async def test_a_key_is_known_by_its_id_with_all_but_its_secret() -> None:
    key = (await accounts_of(issued("k1", "admin"))).key("k1")
    assert key is not None
    assert (key.account_id, key.name, key.role, key.secrets) == ("main", "key k1", "admin", (KeySecret("00ff"),))
    assert (key.expires_at, key.revoked) == (at(60), False)
    assert (key.sites, key.devices) == (("farm",), ("tomato-1", "tomato-2"))


async def test_a_revoked_key_stays_known_and_revoked_also_when_issued_again() -> None:
    accounts = await accounts_of(issued("k1"), issued("k2"), revoked("k1"), issued("k1", "admin"))
    known = accounts.keys()
    assert {key.key_id: key.revoked for key in known} == {"k1": True, "k2": False}


async def test_a_rotated_key_has_its_newest_secret_and_the_one_before_until_it_is_over() -> None:
    key = (await accounts_of(issued("k1"), rotated("k1", 2), rotated("k2", 2), rotated("k1", 3))).key("k1")
    assert key is not None
    assert key.secrets == (KeySecret("sha 3", "mqtt 3", 3), KeySecret("sha 2", "mqtt 2", 2, at(33)))
    assert [secret.number for secret in key.good_secrets(at(32))] == [3, 2]
    assert [secret.number for secret in key.good_secrets(at(33))] == [3]
    assert key.good_secrets(at(60)) == []


async def test_an_unknown_key_is_none() -> None:
    assert (await accounts_of(revoked("k1"))).key("k1") is None


async def test_the_next_process_goes_on_from_what_was_kept(tmp_path: Path) -> None:
    log = MemoryLog()
    await tell(log, [issued("k1"), issued("k2"), rotated("k2", 2), revoked("k1"), revoked("k3")])
    await read_all(log, [kept_in(tmp_path)])
    await tell(log, [issued("k3"), issued("k4")])
    again = kept_in(tmp_path)
    assert await again.start(Cursor(log.log_id, await log.head())) == 50
    await read_all(log, [again])
    known = again.keys()
    assert {key.key_id: key.revoked for key in known} == {"k1": True, "k2": False, "k3": True, "k4": False}
    assert known == (await accounts_read_from_the_start(log)).keys()


async def test_what_is_kept_is_written_as_soon_as_a_key_changes_and_now_and_then(tmp_path: Path) -> None:
    log, now = MemoryLog(), 0.0
    await tell(log, [issued("k1")])
    accounts = Accounts(file_in(tmp_path), clock=lambda: now)
    async with running(log, [accounts]) as engine:
        await is_kept(tmp_path, 10)
        await tell(log, [reading("tomato-1", 1, temperature=20.0)])
        await engine.reached("accounts", Position(20))
        await is_kept(tmp_path, 10)
        now = 11.0
        await tell(log, [reading("tomato-1", 2, temperature=20.0)])
        await is_kept(tmp_path, 30)


@pytest.mark.parametrize("head", [Cursor("another log", Position(100)), Cursor("memory", Position(5)), Cursor("memory", None)])
async def test_what_was_kept_of_another_log_or_a_later_state_is_passed_over(tmp_path: Path, head: Cursor) -> None:
    log = MemoryLog()
    await tell(log, [issued("k1")])
    await read_all(log, [kept_in(tmp_path)])
    again = kept_in(tmp_path)
    assert await again.start(head) is None
    assert again.keys() == []


def file_in(folder: Path) -> SnapshotFile:
    return SnapshotFile(folder / "accounts.json", kind=SNAPSHOT_KIND, version=SNAPSHOT_VERSION)


def kept_in(folder: Path) -> Accounts:
    return Accounts(file_in(folder))


async def accounts_read_from_the_start(log: MemoryLog) -> Accounts:
    accounts = Accounts()
    await read_all(log, [accounts])
    return accounts


async def is_kept(folder: Path, position: int) -> None:
    """What is kept holds up to there, or will in a moment."""
    async with asyncio.timeout(10):
        while await kept_in(folder).start(Cursor("memory", Position(1000))) != position:
            await asyncio.sleep(0.01)
