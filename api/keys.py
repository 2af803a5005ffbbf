"""API keys: `gh_<keyId>_<secret>`. Only the hash of the secret is ever kept; the key itself is shown once."""

import secrets
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from schema.events import KeyIssued

DEFAULT_ACCOUNT: Final = "main"
_SECRET_BYTES: Final = 32
_LONGEST: Final = 256


class PresentedKey(msgspec.Struct, frozen=True):
    """A key that somebody presents: whose it would be, and the hash of its secret."""

    key_id: str
    secret_sha256: str


def new_key(
    *, name: str, role: str, account_id: str = DEFAULT_ACCOUNT, expires_at: datetime | None = None
) -> tuple[KeyIssued, str]:
    """A new key: the event that records it, and the key itself, which is nowhere kept."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(_SECRET_BYTES)
    issued = KeyIssued(
        account_id=account_id, key_id=key_id, name=name, role=role, secret_sha256=_hash(secret), expires_at=expires_at
    )
    return issued, f"gh_{key_id}_{secret}"


def read_key(text: str) -> PresentedKey | None:
    """The parts of a key; None for text that is none of ours."""
    parts = text.split("_", 2)
    if len(text) > _LONGEST or len(parts) != 3 or parts[0] != "gh":  # noqa: PLR2004 - gh, id, secret
        return None
    return PresentedKey(parts[1], _hash(parts[2]))


def _hash(secret: str) -> str:
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()
