"""Keys for the command line: asked of the running house where one runs, else written to its log. Same answers either way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec

from adapters.event_log.port import EventLog
from api.errors import ApiError
from api.keyring import Keyring
from api.keys import DEFAULT_ACCOUNT
from api.writes import Writer
from glasshouse.client import ApiClient
from glasshouse.errors import RefusedError
from glasshouse.ownership import api_of, owner, resting_accounts
from glasshouse.reading import Reading
from glasshouse.settings import Settings
from projections.queries import KeyView
from schema.times import format_time

_ACTOR: Final = "command line"
_FIELDS: Final = "id accountId name role expiresAt revoked issuedAt"
_LIST: Final = f"{{ keys {{ {_FIELDS} }} }}"
_ISSUE: Final = f"""
mutation ($input: IssueKeyInput!) {{
  issueKey(input: $input) {{
    __typename ... on IssueKeySuccess {{ secret key {{ {_FIELDS} }} }} ... on OperationError {{ message }}
  }}
}}
"""
_REVOKE: Final = f"""
mutation ($input: RevokeKeyInput!) {{
  revokeKey(input: $input) {{
    __typename ... on RevokeKeySuccess {{ key {{ {_FIELDS} }} }} ... on OperationError {{ message }}
  }}
}}
"""


class Key(msgspec.Struct, frozen=True, rename="camel"):
    """An API key as the command line shows it. `secret` is the key itself, known only when it was just issued."""

    id: str
    account_id: str
    name: str
    role: str
    expires_at: str | None
    revoked: bool
    issued_at: str
    secret: str | None = None


class Keys(Protocol):
    """The keys of a house. RefusedError in plain words."""

    async def all(self) -> list[Key]: ...

    async def issue(self, name: str, role: str, expires_at: datetime | None) -> Key: ...

    async def revoke(self, key_id: str) -> Key: ...


@asynccontextmanager
async def open_keys(settings: Settings) -> AsyncIterator[Keys]:
    """The keys of the settings' data folder."""
    running = await owner(settings)
    if running is None:
        async with resting_accounts(settings) as (log, reading):
            yield _RestingKeys(log, reading)
        return
    url = api_of(running)
    if settings.key is None:
        raise RefusedError(f"the house at {url} runs; give an admin key with --key or GLASSHOUSE_KEY")
    async with ApiClient(url, settings.key) as client:
        yield _RunningKeys(client)


class _RunningKeys:
    """Implements `Keys` over the API."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def all(self) -> list[Key]:
        return [_from_api(raw) for raw in (await self._client.ask(_LIST))["keys"]]

    async def issue(self, name: str, role: str, expires_at: datetime | None) -> Key:
        wanted = {"name": name, "role": role.upper(), "expiresAt": None if expires_at is None else format_time(expires_at)}
        answer = await self._client.change(_ISSUE, input=wanted)
        return _from_api({**answer["key"], "secret": answer["secret"]})

    async def revoke(self, key_id: str) -> Key:
        return _from_api((await self._client.change(_REVOKE, input={"keyId": key_id}))["key"])


class _RestingKeys:
    """Implements `Keys` on the log of a house that does not run."""

    def __init__(self, log: EventLog, reading: Reading) -> None:
        self._reading = reading
        self._keyring = Keyring(Writer(log, _now), _now)

    async def all(self) -> list[Key]:
        return [_from_view(view) for view in self._reading.accounts.keys()]  # noqa: SIM118  # not a dict

    async def issue(self, name: str, role: str, expires_at: datetime | None) -> Key:
        try:
            issued = await self._keyring.issue(
                name=name, role=role, account_id=DEFAULT_ACCOUNT, expires_at=expires_at, actor=_ACTOR
            )
        except ApiError as error:
            raise RefusedError(str(error)) from error
        return _from_view(issued.view, issued.text)

    async def revoke(self, key_id: str) -> Key:
        try:
            view, _ = await self._keyring.revoke(account_id=DEFAULT_ACCOUNT, key_id=key_id, actor=_ACTOR)
        except ApiError as error:
            raise RefusedError(str(error)) from error
        return _from_view(view)


def _now() -> datetime:
    return datetime.now(UTC)


def _from_api(raw: dict[str, Any]) -> Key:
    return msgspec.convert({**raw, "role": raw["role"].lower()}, Key)


def _from_view(view: KeyView, secret: str | None = None) -> Key:
    return Key(
        id=view.key_id,
        account_id=view.account_id,
        name=view.name,
        role=view.role,
        expires_at=None if view.expires_at is None else format_time(view.expires_at),
        revoked=view.revoked,
        issued_at=format_time(view.issued_at),
        secret=secret,
    )
