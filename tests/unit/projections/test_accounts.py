"""Keys as the log says: issued, and revoked for ever."""

from projections.accounts import Accounts
from schema.events import KeyIssued, KeyRevoked
from tests.support.engines import read_all
from tests.support.house_events import Said, at, pack, tell
from tests.support.memory_log import MemoryLog


def issued(key_id: str, role: str = "viewer") -> Said:
    event = KeyIssued(
        account_id="main", key_id=key_id, name=f"key {key_id}", role=role, secret_sha256="00ff", expires_at=at(60)
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
    assert (key.account_id, key.name, key.role, key.secret_sha256) == ("main", "key k1", "admin", "00ff")
    assert (key.expires_at, key.revoked) == (at(60), False)


async def test_a_revoked_key_stays_known_and_revoked_also_when_issued_again() -> None:
    accounts = await accounts_of(issued("k1"), issued("k2"), revoked("k1"), issued("k1", "admin"))
    known = accounts.keys()
    assert {key.key_id: key.revoked for key in known} == {"k1": True, "k2": False}


async def test_an_unknown_key_is_none() -> None:
    assert (await accounts_of(revoked("k1"))).key("k1") is None
