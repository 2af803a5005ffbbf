"""Keys that a process issues at its own log, as its owner may: the first admin's, without which nobody gets in."""

from datetime import UTC, datetime
from typing import Final

from adapters.event_log.port import EventLog
from api.keyring import Keyring
from api.keys import DEFAULT_ACCOUNT
from api.roles import Role
from api.writes import Writer
from glasshouse.reading import Reading

_ACTOR: Final = "glasshouse"


async def first_admin_key(log: EventLog, reading: Reading) -> str | None:
    """A key for the first admin; None where there is one that still opens something, or another process was faster."""
    now = _now()
    if any(
        key.role == Role.ADMIN.word and not key.revoked and (key.expires_at is None or key.expires_at > now)
        for key in reading.accounts.keys()  # noqa: SIM118  # not a dict
    ):
        return None
    issued = await _keyring(log).issue_first(name="first admin", role=Role.ADMIN.word, account_id=DEFAULT_ACCOUNT, actor=_ACTOR)
    await reading.caught_up(log, "accounts")
    return None if issued is None else issued.text


async def issue_key(log: EventLog, reading: Reading, name: str) -> str:
    """An admin key, known to the process once this returns."""
    issued = await _keyring(log).issue(
        name=name, role=Role.ADMIN.word, account_id=DEFAULT_ACCOUNT, expires_at=None, actor=_ACTOR
    )
    await reading.caught_up(log, "accounts")
    return issued.text


def _keyring(log: EventLog) -> Keyring:
    return Keyring(Writer(log, _now), _now)


def _now() -> datetime:
    return datetime.now(UTC)
