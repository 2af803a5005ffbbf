"""Questions of the command line: put to the running house over its API, else to its files by the same operations."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import replace as changed
from prometheus_client import CollectorRegistry

from api.auth import Principal
from api.errors import ApiError, RequestRefused
from api.execution.operations import Operations, refusal
from api.execution.request import Request
from api.metrics import ApiMetrics
from api.roles import Role
from api.schema import build_schema
from glasshouse.client import ApiClient, trust_in
from glasshouse.errors import RefusedError
from glasshouse.ownership import Hears, api_of, owner, resting_house
from glasshouse.settings import Settings
from glasshouse.web_side import services_of

_ASKS: Final = Principal("command-line", "command line", Role.VIEWER, None)


class Asked(Protocol):
    """A house that answers. `waited` is how many seconds it took until a resting one held what its log holds."""

    waited: float

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of the answer; RefusedError in the words of the API for what it refuses."""
        ...


@asynccontextmanager
async def asking(settings: Settings, hears: Hears, **limits: Any) -> AsyncIterator[Asked]:
    """The house of these settings. `limits` hold in the place of the usual ones where it rests; a running one has its own."""
    running = await owner(settings)
    if running is not None:
        async with ApiClient(api_of(running), settings.key, trust_in(running)) as client:
            yield _Running(client)
        return
    began = time.monotonic()
    async with resting_house(settings, hears) as (folder, log, side):
        waited = time.monotonic() - began
        services = services_of(log, side, side.history, folder=folder, registry=CollectorRegistry())
        services = replace(services, limits=changed(services.limits, **limits))
        yield _Resting(Operations(services, build_schema(), ApiMetrics(CollectorRegistry())), waited)


class _Running:
    """Implements `Asked`."""

    waited = 0.0

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        return await self._client.ask(document, **variables)


class _Resting:
    """Implements `Asked`."""

    def __init__(self, operations: Operations, waited: float) -> None:
        self.waited = waited
        self._operations = operations

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        request = Request(query=document, variables=msgspec.Raw(msgspec.json.encode(variables)))
        try:
            body: dict[str, Any] = await self._operations.run(self._operations.prepare(request, _ASKS), _ASKS)
        except (ApiError, RequestRefused) as error:
            body = refusal(error)
        if body.get("errors"):
            raise RefusedError(f"the house refused: {body['errors'][0]['message']}")
        data: dict[str, Any] = body["data"]
        return data
