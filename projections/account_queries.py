"""What may be asked about API keys, and the shapes of the answers."""

from datetime import datetime
from typing import Protocol

import msgspec


class KeySecret(msgspec.Struct, frozen=True):
    """A secret of a key, by its hash: the first, second and so on. Good until a moment; None: as long as the key.

    `mqtt_hash` is of the whole key, as Mosquitto's password file has it; None where the key does not deliver.
    """

    sha256: str
    mqtt_hash: str | None = None
    number: int = 1
    until: datetime | None = None


class KeyView(msgspec.Struct, frozen=True):
    """An API key: all but its secrets. It is good for these sites and these devices alone; none named: for all.

    Of `secrets` the first is the newest; another one is that before, which may be over.
    """

    account_id: str
    key_id: str
    name: str
    role: str
    secrets: tuple[KeySecret, ...]
    expires_at: datetime | None
    revoked: bool
    issued_at: datetime
    sites: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()

    def is_good(self, now: datetime) -> bool:
        """Whether it still opens something, with whichever of its secrets."""
        return not self.revoked and (self.expires_at is None or self.expires_at > now)

    def secret(self, number: int) -> KeySecret | None:
        """The secret of that number, as far as it is known."""
        return next((secret for secret in self.secrets if secret.number == number), None)

    def good_secrets(self, now: datetime) -> list[KeySecret]:
        """Those that open something."""
        good = (secret for secret in self.secrets if secret.until is None or secret.until > now)
        return list(good) if self.is_good(now) else []


class AccountQueries(Protocol):
    """Accounts and their keys. In memory."""

    def key(self, key_id: str) -> KeyView | None: ...

    def keys(self) -> list[KeyView]: ...
