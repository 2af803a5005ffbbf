"""Accounts and their keys, from the `account-` streams: few events, so they are read from the start of the log each time.

Process history: what the log says last holds.
"""

from msgspec.structs import replace

from projections.opening import require_readable
from projections.queries import FeedEvent, FeedPage, KeyView
from schema.envelope import Cursor, Filter, Position
from schema.events import KeyIssued, KeyRevoked


class Accounts:
    """Implements `ReadModel` and `AccountQueries`. A key once revoked stays so."""

    name = "accounts"
    only = Filter(categories=frozenset({"account"}))

    def __init__(self) -> None:
        self.position: Position | None = None
        self._keys: dict[str, KeyView] = {}
        self._revoked: set[str] = set()

    async def start(self, head: Cursor) -> Position | None:
        del head  # it keeps nothing, so there is nothing to compare
        self.position = None
        self._keys, self._revoked = {}, set()
        return None

    async def apply(self, page: FeedPage) -> None:
        require_readable(page)
        for fed in page.events:
            self._take(fed)
        self.position = page.position

    async def close(self) -> None:
        """There is nothing to keep."""

    def key(self, key_id: str) -> KeyView | None:
        return self._keys.get(key_id)

    def keys(self) -> list[KeyView]:
        """In the order of their issue."""
        return list(self._keys.values())

    def _take(self, fed: FeedEvent) -> None:
        event = fed.event
        if isinstance(event, KeyIssued):
            self._keys[event.key_id] = KeyView(
                account_id=event.account_id,
                key_id=event.key_id,
                name=event.name,
                role=event.role,
                secret_sha256=event.secret_sha256,
                expires_at=event.expires_at,
                revoked=event.key_id in self._revoked,
                issued_at=fed.recorded.recorded_at,
            )
        elif isinstance(event, KeyRevoked):
            self._revoked.add(event.key_id)
            if (held := self._keys.get(event.key_id)) is not None:
                self._keys[event.key_id] = replace(held, revoked=True)
