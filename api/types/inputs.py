"""The inputs of mutations."""

from datetime import datetime, timedelta

import strawberry
from strawberry.types.unset import UNSET

from api.fields import described
from api.keys import DEFAULT_ACCOUNT
from api.roles import Role
from api.types.actuator_inputs import ActuatorInput
from api.types.enums import Dialect, Operation
from domain.decisions_keys import GRACE


def _kept(description: str) -> str | None:
    """A text that stays as it is where it is left out."""
    field: str | None = strawberry.field(description=description, default=UNSET)
    return field


@strawberry.input(description="A site to define, or to change.")
class SiteInput:
    site_id: strawberry.ID = described("As it stands in topics and locations: 1 to 64 letters, digits, `_`, `.` or `-`.")
    name: str | None = _kept("What people call it. Left out: stays; null: none.")
    time_zone: str | None = _kept("The IANA time zone of its days: `Europe/Rome`. Left out: stays, UTC at first; null: UTC.")


@strawberry.input(description="A device to register, or to change. What is left out stays as it is; null clears.")
class RegisterDeviceInput:
    device_id: strawberry.ID = described("Unique over all sites: 1 to 64 letters, digits, `_`, `.` or `-`.")
    device_type: str | None = _kept("What kind of device it is.")
    name: str | None = _kept("What people call it.")
    location: str | None = _kept("Where it is: a path `site/house/zone`.")
    located_since: datetime | None = strawberry.field(
        description="From when the location counts; left out: a first one always did, a later one does from now on.",
        default=UNSET,
    )
    model: str | None = _kept("Its model.")
    firmware_version: str | None = _kept("The firmware that it runs.")
    actuators: list[ActuatorInput] | None = strawberry.field(
        description="All actuators that take commands, at most 32: they take the place of those declared before.", default=UNSET
    )
    dialect: Dialect | None = strawberry.field(
        description="How it is spoken to. At first, and by null: `NATIVE`.", default=UNSET
    )
    address: str | None = _kept("The topic of a device of another dialect: `zigbee2mqtt/bench lamp`.")


@strawberry.input(description="A stretch of readings to correct. They stay stored as they came.")
class CorrectReadingsInput:
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID | None = strawberry.field(description="The sensor on it; left out: all of them.", default=None)
    metric: str = described("The metric.")
    start: datetime | None = strawberry.field(
        name="from", description="What was measured at or after this. To be given: null is from the first on.", default=UNSET
    )
    end: datetime | None = strawberry.field(
        name="to",
        description="What was measured before this. To be given: null is for ever, what comes included.",
        default=UNSET,
    )
    operation: Operation = described("What to do.")
    amount: float | None = strawberry.field(
        description="The factor, the offset or the value, in the metric's own unit; not for `EXCLUDE` and `RESTORE`.",
        default=None,
    )
    reason: str = described("Why: 1 to 1,000 characters.")
    correction_id: strawberry.ID | None = strawberry.field(
        description="An id of your own: asked again under it, the correction is not made twice.", default=None
    )
    dry_run: bool = strawberry.field(description="Only tell what would change, among at most 50,000 readings.", default=False)


@strawberry.input(description="A probe on a device.")
class SensorInput:
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID = described("The sensor on it.")


@strawberry.input(description="A sensor that another took the place of.")
class ReplaceSensorInput:
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID = described("The sensor on it that was replaced.")
    by: SensorInput | None = strawberry.field(
        description="The sensor that goes on. To be given: null takes back what was said before.", default=UNSET
    )
    at: datetime | None = strawberry.field(
        description="From when the other one counts; needed where there is one.", default=None
    )


@strawberry.input(description="A device to take out of service, or back into it.")
class RetireDeviceInput:
    device_id: strawberry.ID = described("The device.")
    at: datetime | None = strawberry.field(
        description="From when it is out of service. Left out: from now on; null: it is in service again.", default=UNSET
    )
    reason: str = described("Why: 1 to 200 characters.")


@strawberry.input(description="A key to issue.")
class IssueKeyInput:
    name: str = described("What it is for.")
    role: Role = described("What it may do.")
    account_id: strawberry.ID = strawberry.field(description="The account that it belongs to.", default=DEFAULT_ACCOUNT)
    expires_at: datetime | None = strawberry.field(description="When it ends; left out or null: not by itself.", default=UNSET)
    sites: list[strawberry.ID] = strawberry.field(
        description="The sites that it is good for, at most 100; none: all.", default_factory=list
    )
    devices: list[strawberry.ID] = strawberry.field(
        description="The devices that it is good for, of its sites, at most 100; none: all.", default_factory=list
    )


@strawberry.input(description="A key to give a new secret.")
class RotateKeyInput:
    key_id: strawberry.ID = described("The key, by its id.")
    account_id: strawberry.ID = strawberry.field(description="The account that it belongs to.", default=DEFAULT_ACCOUNT)
    grace: timedelta = strawberry.field(
        description="For how long the old secret is good, too: at most 30 days; `PT0S`: no longer.", default=GRACE
    )


@strawberry.input(description="A key to revoke.")
class RevokeKeyInput:
    key_id: strawberry.ID = described("The key: the part between `gh_` and the second `_`, up to a dot.")
    account_id: strawberry.ID = strawberry.field(description="The account that it belongs to.", default=DEFAULT_ACCOUNT)


@strawberry.input(description="A dead letter to send again otherwise than it came.")
class RepairDeadLetterInput:
    id: strawberry.ID = described("The dead letter.")
    topic: str | None = strawberry.field(description="The topic; left out or null: the one that it came on.", default=UNSET)
    payload: str | None = strawberry.field(description="The payload; left out or null: its own.", default=UNSET)
