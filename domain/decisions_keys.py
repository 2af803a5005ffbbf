"""Decisions about API keys: which exist, and which still open something."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from domain.decisions import MAX_TEXT, Decision, Refusal, Refused
from schema.complaints import quoted
from schema.events import Event
from schema.ids import is_valid_id
from schema.keys import KeyIssued, KeyRevoked, KeyRotated

MAX_KEYS: Final = 1000
"""Keys of one account that are not revoked: more is a script gone astray."""
MAX_SCOPE: Final = 100
"""Sites, and devices, that one key can name."""
_ADMIN: Final = "admin"
GRACE: Final = timedelta(days=1)
MAX_GRACE: Final = timedelta(days=30)
"""For how long a secret is good after the next one is there, where nothing is said, and at most."""


class Account(msgspec.Struct, frozen=True):
    """The keys of an account, which of them are revoked, and {key id: number of its newest secret} of those once rotated."""

    keys: dict[str, KeyIssued]
    revoked: frozenset[str]
    numbers: dict[str, int]

    def role(self, key_id: str) -> str:
        """The key's; empty where there is no such key."""
        return self.keys[key_id].role if key_id in self.keys else ""


def fold_account(events: Sequence[Event]) -> Account:
    """The account as its stream tells it."""
    return Account(
        {event.key_id: event for event in events if isinstance(event, KeyIssued)},
        frozenset(event.key_id for event in events if isinstance(event, KeyRevoked)),
        {event.key_id: event.number for event in events if isinstance(event, KeyRotated)},
    )


def issue_first_key(account: Account, wanted: KeyIssued, now: datetime) -> Decision:
    """Issue a key where none of its role opens anything; else nothing."""
    opens = (
        key
        for key in account.keys.values()
        if key.role == wanted.role and key.key_id not in account.revoked and (key.expires_at is None or key.expires_at > now)
    )
    return issue_key(account, wanted, now) if next(opens, None) is None else []


def issue_key(account: Account, wanted: KeyIssued, now: datetime) -> Decision:
    """Issue a key. One that stands there already, hash and all, is this very request come again."""
    if account.keys.get(wanted.key_id) == wanted:
        return []
    if wanted.key_id in account.keys:
        return Refused(Refusal.CONFLICT, f"a key {wanted.key_id} exists already")
    problem = _problem(wanted, now)
    if problem is not None:
        return Refused(Refusal.INVALID, problem)
    if len(account.keys) - len(account.revoked) >= MAX_KEYS:
        return Refused(Refusal.CONFLICT, f"account {wanted.account_id} holds {MAX_KEYS} keys; revoke some first")
    return [wanted]


def rotate_key(account: Account, wanted: KeyRotated, now: datetime) -> Decision:
    """Give a key another secret. One that opens nothing any more gets none."""
    known = account.keys.get(wanted.key_id)
    if known is None:
        return _unknown(wanted.account_id, wanted.key_id)
    if wanted.key_id in account.revoked or (known.expires_at is not None and known.expires_at <= now):
        return Refused(Refusal.CONFLICT, f"the key {wanted.key_id} opens nothing any more; issue a new one")
    return [wanted]


def revoke_key(account: Account, account_id: str, key_id: str) -> Decision:
    """Revoke a key for good. One that is revoked already stays so."""
    if key_id not in account.keys:
        return _unknown(account_id, key_id)
    return [] if key_id in account.revoked else [KeyRevoked(account_id=account_id, key_id=key_id)]


def _unknown(account_id: str, key_id: str) -> Refused:
    return Refused(Refusal.NOT_FOUND, f"account {quoted(account_id)} has no key {quoted(key_id)}")


def _problem(wanted: KeyIssued, now: datetime) -> str | None:
    if not is_valid_id(wanted.account_id):
        return f"accountId {quoted(wanted.account_id)} is not an id"
    if not 0 < len(wanted.name.strip()) <= MAX_TEXT or not wanted.name.isprintable():
        return f"name must be 1 to {MAX_TEXT} printable characters"
    if wanted.expires_at is not None and wanted.expires_at <= now:
        return "expiresAt must lie in the future"
    if wanted.role == _ADMIN and (wanted.sites or wanted.devices):
        return "a key of the role admin is good for all sites and devices: it could issue one that is"
    return _scope_problem("sites", wanted.sites) or _scope_problem("devices", wanted.devices)


def _scope_problem(field: str, ids: Sequence[str]) -> str | None:
    if len(ids) > MAX_SCOPE:
        return f"{field} names {len(ids)}; a key can name {MAX_SCOPE}"
    bad = next((one for one in ids if not is_valid_id(one)), None)
    return None if bad is None else f"{field} holds {quoted(bad)}, which is not an id"
