"""An API key as administrators see it: all but its secret, which nobody can see."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import strawberry

from api.auth import actor_of
from api.fields import described
from api.roles import Role
from api.types.node import Node
from projections.account_queries import KeyView


@strawberry.type(description="An API key. Its secret was shown once and is nowhere kept.")
class ApiKey(Node):
    id: strawberry.ID = described("The part of the key that is no secret.")
    account_id: strawberry.ID = described("The account that it belongs to.")
    name: str = described("What it is for.")
    role: Role = described("What it may do.")
    expires_at: datetime | None = described("When it ends; null where it does not.")
    revoked: bool = described("Whether it was revoked.")
    old_secret_until: datetime | None = described("Until when the secret before its newest is good; null where it has but one.")
    issued_at: datetime = described("When it was issued.")
    last_used_at: datetime | None = described("When it was last used here; null where that is not known.")
    sites: list[strawberry.ID] = described("The sites that it is good for; none: all.")
    devices: list[strawberry.ID] = described("The devices that it is good for, of its sites; none: all.")


def api_key(view: KeyView, last_used: Mapping[str, datetime] = MappingProxyType({})) -> ApiKey:
    """`last_used` tells it by actor."""
    return ApiKey(
        id=strawberry.ID(view.key_id),
        account_id=strawberry.ID(view.account_id),
        name=view.name,
        role=Role(view.role),
        expires_at=view.expires_at,
        revoked=view.revoked,
        old_secret_until=view.secrets[-1].until,
        issued_at=view.issued_at,
        last_used_at=last_used.get(actor_of(view.key_id)),
        sites=[strawberry.ID(site) for site in view.sites],
        devices=[strawberry.ID(device) for device in view.devices],
    )
