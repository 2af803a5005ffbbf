"""An API key as administrators see it: all but its secret, which nobody can see."""

from datetime import datetime

import strawberry

from api.fields import described
from api.roles import Role
from projections.queries import KeyView


@strawberry.type(description="An API key. Its secret was shown once and is nowhere kept.")
class ApiKey:
    id: strawberry.ID = described("The part of the key that is no secret.")
    account_id: strawberry.ID = described("The account that it belongs to.")
    name: str = described("What it is for.")
    role: Role = described("What it may do.")
    expires_at: datetime | None = described("When it ends; null where it does not.")
    revoked: bool = described("Whether it was revoked.")
    issued_at: datetime = described("When it was issued.")


def api_key(view: KeyView) -> ApiKey:
    return ApiKey(
        id=strawberry.ID(view.key_id),
        account_id=strawberry.ID(view.account_id),
        name=view.name,
        role=Role(view.role),
        expires_at=view.expires_at,
        revoked=view.revoked,
        issued_at=view.issued_at,
    )
