"""The first key of a role: issued where nothing else opens, and by one of those who try at once."""

from datetime import UTC, datetime, timedelta

from domain.decisions_keys import fold_account, issue_first_key
from schema.events import Event
from schema.keys import KeyIssued, KeyRevoked

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def key(key_id: str, role: str = "admin", expires_at: datetime | None = None) -> KeyIssued:
    return KeyIssued(account_id="main", key_id=key_id, name="first admin", role=role, secret_sha256="0", expires_at=expires_at)


def issued(*before: Event) -> bool:
    return issue_first_key(fold_account(before), key("new"), NOW) == [key("new")]


def test_it_is_issued_unless_one_of_its_role_opens_something() -> None:
    assert issued()
    assert issued(key("a", role="viewer"))
    assert issued(key("a"), KeyRevoked(account_id="main", key_id="a"))
    assert issued(key("a", expires_at=NOW - timedelta(days=1)))
    assert not issued(key("a"))
    assert not issued(key("a", expires_at=NOW + timedelta(days=1)))
