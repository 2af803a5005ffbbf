"""Issuing, rotating and revoking API keys on the log: for mutations, and for the command line and the first start."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from api.errors import ApiError, ErrorCode
from api.keys import new_key, new_secret
from api.writes import Change, Writer
from domain.decisions import Decision
from domain.decisions_keys import MAX_GRACE, fold_account, issue_first_key, issue_key, revoke_key, rotate_key
from projections.account_queries import KeyView
from projections.key_book import KeyBook
from schema.events import Event


class Issued(msgspec.Struct, frozen=True):
    """A key that was issued, or got a new secret: what may be shown of it, the key itself, and the change that records it."""

    view: KeyView
    text: str
    change: Change


class Keyring:
    """The keys of all accounts, as the log has them."""

    def __init__(self, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._writer = writer
        self._clock = clock

    async def issue(
        self,
        *,
        name: str,
        role: str,
        account_id: str,
        expires_at: datetime | None,
        actor: str,
        sites: Collection[str] = (),
        devices: Collection[str] = (),
    ) -> Issued:
        """Issue a key, good for these sites and devices (none: for all); ApiError where that is refused."""
        wanted, text = new_key(name=name, role=role, account_id=account_id, expires_at=expires_at, sites=sites, devices=devices)
        change = await self._writer.change(
            _stream(account_id), actor, lambda events: issue_key(fold_account(events), wanted, self._clock())
        )
        return Issued(self._view(change, wanted.key_id), text, change)

    async def issue_first(self, *, name: str, role: str, account_id: str, actor: str) -> Issued | None:
        """Issue a key unless one of that role opens something already; None then. Of several who try at once, one succeeds."""
        wanted, text = new_key(name=name, role=role, account_id=account_id, expires_at=None)
        change = await self._writer.change(
            _stream(account_id), actor, lambda events: issue_first_key(fold_account(events), wanted, self._clock())
        )
        if wanted not in change.events:
            return None
        return Issued(self._view(change, wanted.key_id), text, change)

    async def rotate(self, *, account_id: str, key_id: str, grace: timedelta, actor: str) -> Issued:
        """A new secret for a key, while the old one is good for `grace` longer; ApiError where that is refused."""
        if not timedelta() <= grace <= MAX_GRACE:
            raise ApiError(ErrorCode.INVALID_INPUT, f"an old secret can be good for another {MAX_GRACE.days} days at most")
        text = ""

        def decide(events: Sequence[Event]) -> Decision:
            nonlocal text
            account, now = fold_account(events), self._clock()
            wanted, text = new_secret(
                account_id=account_id,
                key_id=key_id,
                role=account.role(key_id),
                number=account.numbers.get(key_id, 1) + 1,
                old_until=now + grace,
            )
            return rotate_key(account, wanted, now)

        change = await self._writer.change(_stream(account_id), actor, decide)
        return Issued(self._view(change, key_id), text, change)

    async def revoke(self, *, account_id: str, key_id: str, actor: str) -> tuple[KeyView, Change]:
        """Revoke a key for good; ApiError where there is none of that id."""
        change = await self._writer.change(
            _stream(account_id), actor, lambda events: revoke_key(fold_account(events), account_id, key_id)
        )
        return self._view(change, key_id), change

    def _view(self, change: Change, key_id: str) -> KeyView:
        """The key after a change; only those who read the log know since when it has been there."""
        book, now = KeyBook(), self._clock()
        for event in change.events:
            book.take(event, now)
        [view] = (view for view in book.keys() if view.key_id == key_id)  # noqa: SIM118 - no mapping
        return view


def _stream(account_id: str) -> str:
    return f"account-{account_id}"
