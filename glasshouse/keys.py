"""Keys for the command line: asked of the running house where one runs, else written to its log. Same answers either way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import msgspec

from adapters.event_log.port import EventLog
from adapters.mqtt.logins import Login
from api.errors import ApiError
from api.keyring import Keyring
from api.keys import DEFAULT_ACCOUNT
from api.mqtt_logins import logins_of
from api.scalars import format_duration
from api.writes import Writer
from glasshouse.client import ApiClient, trust_in
from glasshouse.errors import RefusedError
from glasshouse.key_record import Key, Wanted, shown_key, time_text
from glasshouse.ownership import api_of, owner, resting_accounts
from glasshouse.reading import Reading
from glasshouse.settings import Settings
from projections.account_queries import KeyView
from projections.accounts import Accounts

_ACTOR: Final = "command line"
_FIELDS: Final = "id accountId name role expiresAt revoked oldSecretUntil issuedAt sites devices"
_LIST: Final = f"{{ keys {{ {_FIELDS} }} }}"
_ISSUE: Final = f"""
mutation ($input: IssueKeyInput!) {{
  issueKey(input: $input) {{
    __typename ... on IssueKeySuccess {{ secret key {{ {_FIELDS} }} }} ... on OperationError {{ message }}
  }}
}}
"""
_ROTATE: Final = f"""
mutation ($input: RotateKeyInput!) {{
  rotateKey(input: $input) {{
    __typename ... on RotateKeySuccess {{ secret key {{ {_FIELDS} }} }} ... on OperationError {{ message }}
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


_LOGINS: Final = "{ mqttLogins { user passwordHash sites devices } }"


class Keys(Protocol):
    """The keys of a house. RefusedError in plain words."""

    async def all(self) -> list[Key]: ...

    async def issue(self, wanted: Wanted) -> Key: ...

    async def rotate(self, key_id: str, grace: timedelta) -> Key: ...

    async def revoke(self, key_id: str) -> Key: ...

    async def logins(self) -> list[Login]:
        """Those with which devices get in at a broker."""
        ...


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
    async with ApiClient(url, settings.key, trust_in(running)) as client:
        yield _RunningKeys(client)


class _RunningKeys:
    """Implements `Keys` over the API."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def all(self) -> list[Key]:
        return [_from_api(raw) for raw in (await self._client.ask(_LIST))["keys"]]

    async def issue(self, wanted: Wanted) -> Key:
        answer = await self._client.change(
            _ISSUE,
            input={
                "name": wanted.name,
                "role": wanted.role.upper(),
                "expiresAt": time_text(wanted.expires_at),
                "sites": wanted.sites,
                "devices": wanted.devices,
            },
        )
        return _from_api({**answer["key"], "secret": answer["secret"]})

    async def rotate(self, key_id: str, grace: timedelta) -> Key:
        answer = await self._client.change(_ROTATE, input={"keyId": key_id, "grace": format_duration(grace)})
        return _from_api({**answer["key"], "secret": answer["secret"]})

    async def revoke(self, key_id: str) -> Key:
        return _from_api((await self._client.change(_REVOKE, input={"keyId": key_id}))["key"])

    async def logins(self) -> list[Login]:
        return msgspec.convert((await self._client.ask(_LOGINS))["mqttLogins"], list[Login])


class _RestingKeys:
    """Implements `Keys` on the log of a house that does not run."""

    def __init__(self, log: EventLog, reading: Reading) -> None:
        self._reading = reading
        self._log = log
        self._keyring = Keyring(Writer(log, _now), _now)

    async def all(self) -> list[Key]:
        return [shown_key(view) for view in self._reading.accounts.keys()]  # noqa: SIM118  # not a dict

    async def issue(self, wanted: Wanted) -> Key:
        try:
            issued = await self._keyring.issue(**msgspec.structs.asdict(wanted), account_id=DEFAULT_ACCOUNT, actor=_ACTOR)
        except ApiError as error:
            raise RefusedError(str(error)) from error
        return await self._shown(issued.view, issued.text)

    async def rotate(self, key_id: str, grace: timedelta) -> Key:
        try:
            rotated = await self._keyring.rotate(account_id=DEFAULT_ACCOUNT, key_id=key_id, grace=grace, actor=_ACTOR)
        except ApiError as error:
            raise RefusedError(str(error)) from error
        return await self._shown(rotated.view, rotated.text)

    async def revoke(self, key_id: str) -> Key:
        try:
            view, _ = await self._keyring.revoke(account_id=DEFAULT_ACCOUNT, key_id=key_id, actor=_ACTOR)
        except ApiError as error:
            raise RefusedError(str(error)) from error
        return await self._shown(view)

    async def _shown(self, view: KeyView, secret: str | None = None) -> Key:
        """The key as the log has it now, the time of its issue included."""
        await self._reading.caught_up(self._log, Accounts.name)
        return shown_key(self._reading.accounts.key(view.key_id) or view, secret)

    async def logins(self) -> list[Login]:
        return logins_of(self._reading.accounts.keys(), _now())


def _now() -> datetime:
    return datetime.now(UTC)


def _from_api(raw: dict[str, Any]) -> Key:
    return msgspec.convert({**raw, "role": raw["role"].lower()}, Key)
