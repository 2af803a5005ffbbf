"""Issuing and revoking API keys on the log: for mutations, and for the command line and the first start."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from api.keys import new_key
from api.writes import Change, Writer
from domain.decisions_keys import fold_account, issue_first_key, issue_key, revoke_key
from projections.queries import KeyView
from schema.events import KeyIssued


class Issued(msgspec.Struct, frozen=True):
    """A key that was issued: what may be shown of it, the key itself, and the change that records it."""

    view: KeyView
    text: str
    change: Change


class Keyring:
    """The keys of all accounts, as the log has them."""

    def __init__(self, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._writer = writer
        self._clock = clock

    async def issue(self, *, name: str, role: str, account_id: str, expires_at: datetime | None, actor: str) -> Issued:
        """Issue a key; ApiError where that is refused."""
        wanted, text = new_key(name=name, role=role, account_id=account_id, expires_at=expires_at)
        change = await self._writer.change(
            _stream(account_id), actor, lambda events: issue_key(fold_account(events), wanted, self._clock())
        )
        return Issued(_view(wanted, self._clock(), revoked=False), text, change)

    async def issue_first(self, *, name: str, role: str, account_id: str, actor: str) -> Issued | None:
        """Issue a key unless one of that role opens something already; None then. Of several who try at once, one succeeds."""
        wanted, text = new_key(name=name, role=role, account_id=account_id, expires_at=None)
        change = await self._writer.change(
            _stream(account_id), actor, lambda events: issue_first_key(fold_account(events), wanted, self._clock())
        )
        if wanted not in change.events:
            return None
        return Issued(_view(wanted, self._clock(), revoked=False), text, change)

    async def revoke(self, *, account_id: str, key_id: str, actor: str) -> tuple[KeyView, Change]:
        """Revoke a key for good; ApiError where there is none of that id."""
        change = await self._writer.change(
            _stream(account_id), actor, lambda events: revoke_key(fold_account(events), account_id, key_id)
        )
        issued = fold_account(change.events).keys[key_id]
        return _view(issued, self._clock(), revoked=True), change


def _stream(account_id: str) -> str:
    return f"account-{account_id}"


def _view(issued: KeyIssued, issued_at: datetime, *, revoked: bool) -> KeyView:
    return KeyView(
        account_id=issued.account_id,
        key_id=issued.key_id,
        name=issued.name,
        role=issued.role,
        secret_sha256=issued.secret_sha256,
        expires_at=issued.expires_at,
        revoked=revoked,
        issued_at=issued_at,
    )
