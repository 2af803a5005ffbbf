"""Keys as the command line asks for them, and as it shows them."""

from datetime import datetime

import msgspec

from projections.account_queries import KeyView
from schema.times import format_time


class Key(msgspec.Struct, frozen=True, rename="camel"):
    """An API key as the command line shows it. `secret` is the key itself, known only when it was just made."""

    id: str
    account_id: str
    name: str
    role: str
    expires_at: str | None
    revoked: bool
    old_secret_until: str | None
    issued_at: str
    sites: tuple[str, ...]
    devices: tuple[str, ...]
    secret: str | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A key to issue. It is good for these sites and these devices alone; none named: for all."""

    name: str
    role: str
    expires_at: datetime | None = None
    sites: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


def time_text(moment: datetime | None) -> str | None:
    """RFC 3339; None for no moment."""
    return None if moment is None else format_time(moment)


def shown_key(view: KeyView, secret: str | None = None) -> Key:
    """What is shown of a key; with the key itself where it was just made."""
    return Key(
        id=view.key_id,
        account_id=view.account_id,
        name=view.name,
        role=view.role,
        expires_at=time_text(view.expires_at),
        revoked=view.revoked,
        old_secret_until=time_text(view.secrets[-1].until),
        issued_at=format_time(view.issued_at),
        sites=view.sites,
        devices=view.devices,
        secret=secret,
    )
