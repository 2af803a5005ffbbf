"""`up`: a house that runs until it is told to stop."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from api.keyring import Keyring
from api.roles import Role
from api.writes import Writer
from glasshouse.data_folder import own
from glasshouse.house import House, running_house
from glasshouse.loops import told_to_stop
from glasshouse.settings import Settings

_ACTOR = "glasshouse"


async def up(settings: Settings, on_ready: Callable[[House, str | None], Awaitable[None] | None]) -> None:
    """Run a house until SIGTERM or SIGINT. `on_ready` gets it and, at the very first start, the first admin key."""
    with own(settings.folder) as folder:
        async with running_house(settings, folder) as house:
            stop = told_to_stop()
            key = await first_admin_key(house)
            house.announce()
            told = on_ready(house, key)
            if told is not None:
                await told
            await stop.wait()


async def first_admin_key(house: House) -> str | None:
    """A key for the first admin; None where there is one that still opens something."""
    now = datetime.now(UTC)
    if any(
        key.role == Role.ADMIN.word and not key.revoked and (key.expires_at is None or key.expires_at > now)
        for key in house.read.accounts.keys()  # noqa: SIM118  # not a dict
    ):
        return None
    return await issue_key(house, "first admin")


async def issue_key(house: House, name: str, role: Role = Role.ADMIN) -> str:
    """Issue a key at the house itself, as its owner may."""
    keyring = Keyring(Writer(house.log, lambda: datetime.now(UTC)), lambda: datetime.now(UTC))
    issued = await keyring.issue(name=name, role=role.word, account_id="main", expires_at=None, actor=_ACTOR)
    await house.read.caught_up(house.log, "accounts")
    return issued.text
