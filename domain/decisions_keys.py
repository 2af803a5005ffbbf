"""Decisions about API keys: which exist, and which still open something."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from domain.decisions import MAX_TEXT, Decision, Refusal, Refused
from schema.events import Event, KeyIssued, KeyRevoked
from schema.ids import is_valid_id

MAX_KEYS: Final = 1000
"""Keys of one account that are not revoked: more is a script gone astray."""


class Account(msgspec.Struct, frozen=True):
    """The keys of an account, and which of them are revoked."""

    keys: dict[str, KeyIssued]
    revoked: frozenset[str]


def fold_account(events: Sequence[Event]) -> Account:
    """The account as its stream tells it."""
    return Account(
        {event.key_id: event for event in events if isinstance(event, KeyIssued)},
        frozenset(event.key_id for event in events if isinstance(event, KeyRevoked)),
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


def revoke_key(account: Account, account_id: str, key_id: str) -> Decision:
    """Revoke a key for good. One that is revoked already stays so."""
    if key_id not in account.keys:
        return Refused(Refusal.NOT_FOUND, f"account {account_id[:64]!r} has no key {key_id[:64]!r}")
    return [] if key_id in account.revoked else [KeyRevoked(account_id=account_id, key_id=key_id)]


def _problem(wanted: KeyIssued, now: datetime) -> str | None:
    if not is_valid_id(wanted.account_id):
        return f"accountId {wanted.account_id[:80]!r} is not an id"
    if not 0 < len(wanted.name.strip()) <= MAX_TEXT or not wanted.name.isprintable():
        return f"name must be 1 to {MAX_TEXT} printable characters"
    if wanted.expires_at is not None and wanted.expires_at <= now:
        return "expiresAt must lie in the future"
    return None
