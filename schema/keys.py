"""API keys: issued, rotated, revoked."""

from schema.actuators import Id
from schema.events import Event, UtcTime


class KeyIssued(Event, frozen=True, kw_only=True):
    """An API key exists. Only the hash of the secret is kept; it cannot be turned back into the key.

    It is good for these sites and these devices alone; none named: for all. `mqtt_hash`, of keys that deliver, is a hash of
    the whole key, salted, as Mosquitto's password file has it.
    """

    account_id: Id
    key_id: Id
    name: str
    role: str
    secret_sha256: str
    expires_at: UtcTime | None = None
    sites: tuple[Id, ...] = ()
    devices: tuple[Id, ...] = ()
    mqtt_hash: str | None = None


class KeyRotated(Event, frozen=True, kw_only=True):
    """An API key has a new secret, its second, third and so on; the one before is good until a moment, too.

    The hashes are as in KeyIssued.
    """

    account_id: Id
    key_id: Id
    number: int
    secret_sha256: str
    mqtt_hash: str | None = None
    old_until: UtcTime


class KeyRevoked(Event, frozen=True, kw_only=True):
    """An API key opens nothing any more."""

    account_id: Id
    key_id: Id
