"""The inputs of mutations."""

from datetime import datetime

import strawberry
from strawberry.types.unset import UNSET

from api.fields import described
from api.keys import DEFAULT_ACCOUNT
from api.roles import Role


def _kept(description: str) -> str | None:
    """A text that stays as it is where it is left out."""
    field: str | None = strawberry.field(description=description, default=UNSET)
    return field


@strawberry.input(description="A site to define, or to change.")
class SiteInput:
    site_id: strawberry.ID = described("As it stands in topics and locations: 1 to 64 letters, digits, `_`, `.` or `-`.")
    name: str | None = _kept("What people call it. Left out: stays; null: none.")
    time_zone: str = strawberry.field(description="The IANA time zone of its days, such as `Europe/Rome`.", default="UTC")


@strawberry.input(description="A device to register, or to change. What is left out stays as it is; null clears.")
class RegisterDeviceInput:
    device_id: strawberry.ID = described("Unique over all sites: 1 to 64 letters, digits, `_`, `.` or `-`.")
    device_type: str | None = _kept("What kind of device it is.")
    name: str | None = _kept("What people call it.")
    location: str | None = _kept("Where it is: a path `site/house/zone`.")
    model: str | None = _kept("Its model.")
    firmware_version: str | None = _kept("The firmware that it runs.")


@strawberry.input(description="A key to issue.")
class IssueKeyInput:
    name: str = described("What it is for.")
    role: Role = described("What it may do.")
    account_id: strawberry.ID = strawberry.field(description="The account that it belongs to.", default=DEFAULT_ACCOUNT)
    expires_at: datetime | None = strawberry.field(description="When it ends; left out or null: not by itself.", default=UNSET)


@strawberry.input(description="A key to revoke.")
class RevokeKeyInput:
    key_id: strawberry.ID = described("The key: the part between `gh_` and the second `_`.")
    account_id: strawberry.ID = strawberry.field(description="The account that it belongs to.", default=DEFAULT_ACCOUNT)
