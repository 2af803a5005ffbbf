"""The keys of all accounts, as events tell of them one by one."""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from projections.account_queries import KeySecret, KeyView
from schema.events import Event
from schema.keys import KeyIssued, KeyRevoked, KeyRotated


class KeyBook:
    """Keys by id. One once revoked stays so, also where it is issued again."""

    def __init__(self, keys: Iterable[KeyView] = (), revoked: Iterable[str] = ()) -> None:
        self._keys = {view.key_id: view for view in keys}
        self.revoked = set(revoked)

    def key(self, key_id: str) -> KeyView | None:
        return self._keys.get(key_id)

    def keys(self) -> list[KeyView]:
        """In the order of their issue."""
        return list(self._keys.values())

    def take(self, event: Event, at: datetime) -> None:
        """Something happened then; what is not about keys changes nothing."""
        if isinstance(event, KeyIssued):
            self._keys[event.key_id] = _issued(event, at, revoked=event.key_id in self.revoked)
        elif isinstance(event, KeyRotated) and (held := self._keys.get(event.key_id)) is not None:
            self._keys[event.key_id] = _rotated(held, event)
        elif isinstance(event, KeyRevoked):
            self.revoked.add(event.key_id)
            if (held := self._keys.get(event.key_id)) is not None:
                self._keys[event.key_id] = replace(held, revoked=True)


def _issued(event: KeyIssued, at: datetime, *, revoked: bool) -> KeyView:
    return KeyView(
        account_id=event.account_id,
        key_id=event.key_id,
        name=event.name,
        role=event.role,
        secrets=(KeySecret(event.secret_sha256, event.mqtt_hash),),
        expires_at=event.expires_at,
        revoked=revoked,
        issued_at=at,
        sites=event.sites,
        devices=event.devices,
    )


def _rotated(held: KeyView, event: KeyRotated) -> KeyView:
    """The new secret, and the one before for a while; whatever was before that is over."""
    new = KeySecret(event.secret_sha256, event.mqtt_hash, number=event.number)
    return replace(held, secrets=(new, replace(held.secrets[0], until=event.old_until)))
