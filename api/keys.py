"""API keys: `gh_<handle>_<secret>`. Only hashes of the secret are ever kept; the key itself is shown once.

The handle is the key's id, and for its second secret and later ones a dot and which it is: `4f2a9c1b7d3e.2`. At an MQTT broker
it is the user name, and the whole key the password.
"""

import re
import secrets
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from adapters.mqtt.credentials import mosquitto_hash
from api.roles import Role
from schema.keys import KeyIssued, KeyRotated

DEFAULT_ACCOUNT: Final = "main"
_SECRET_BYTES: Final = 32
_LONGEST: Final = 256
_HANDLE: Final = re.compile(r"([A-Za-z0-9-]{1,64})(?:\.([2-9]|[1-9][0-9]{1,5}))?", re.ASCII)


class PresentedKey(msgspec.Struct, frozen=True):
    """A key that somebody presents: whose it would be, which of its secrets, and the hash of that."""

    key_id: str
    number: int
    secret_sha256: str


def new_key(
    *,
    name: str,
    role: str,
    account_id: str = DEFAULT_ACCOUNT,
    expires_at: datetime | None = None,
    sites: Collection[str] = (),
    devices: Collection[str] = (),
) -> tuple[KeyIssued, str]:
    """A new key: the event that records it, and the key itself, which is nowhere kept."""
    key_id = secrets.token_hex(6)
    text, secret_sha256 = _text(key_id, 1)
    issued = KeyIssued(
        account_id=account_id,
        key_id=key_id,
        name=name,
        role=role,
        secret_sha256=secret_sha256,
        expires_at=expires_at,
        sites=tuple(sorted(set(sites))),
        devices=tuple(sorted(set(devices))),
        mqtt_hash=_mqtt_hash(text, role),
    )
    return issued, text


def new_secret(*, account_id: str, key_id: str, role: str, number: int, old_until: datetime) -> tuple[KeyRotated, str]:
    """A further secret of a key: the event that records it, and the key with it."""
    text, secret_sha256 = _text(key_id, number)
    rotated = KeyRotated(
        account_id=account_id,
        key_id=key_id,
        number=number,
        secret_sha256=secret_sha256,
        mqtt_hash=_mqtt_hash(text, role),
        old_until=old_until,
    )
    return rotated, text


def read_key(text: str) -> PresentedKey | None:
    """The parts of a key; None for text that is none of ours."""
    parts = text.split("_", 2)
    if len(text) > _LONGEST or len(parts) != 3 or parts[0] != "gh":  # noqa: PLR2004 - gh, handle, secret
        return None
    handle = read_handle(parts[1])
    return None if handle is None else PresentedKey(*handle, _hash(parts[2]))


def handle_of(key_id: str, number: int) -> str:
    """What names a key and one of its secrets."""
    return key_id if number == 1 else f"{key_id}.{number}"


def read_handle(handle: str) -> tuple[str, int] | None:
    """The id of a key and the number of a secret; None for text that is no handle."""
    match = _HANDLE.fullmatch(handle)
    return None if match is None else (match[1], int(match[2] or 1))


def _text(key_id: str, number: int) -> tuple[str, str]:
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    return f"gh_{handle_of(key_id, number)}_{secret}", _hash(secret)


def _hash(secret: str) -> str:
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _mqtt_hash(text: str, role: str) -> str | None:
    return mosquitto_hash(text) if role == Role.INGEST.word else None
