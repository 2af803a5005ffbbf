"""Questions of the command line: put to the running house over its API, else to its files by the same operations."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import replace as changed
from prometheus_client import CollectorRegistry

from api.auth import Principal
from api.errors import ApiError, RequestRefused
from api.execution.execution import Answer
from api.execution.operations import Operations, Ready, refusal
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

    def follow(self, document: str, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:
        """The data of each message of a subscription, to its end; RefusedError likewise."""
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

    def follow(self, document: str, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:
        return self._client.follow(document, **variables)


class _Resting:
    """Implements `Asked`."""

    def __init__(self, operations: Operations, waited: float) -> None:
        self.waited = waited
        self._operations = operations

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        try:
            return _data(await self._operations.run(self._ready(document, variables), _ASKS))
        except (ApiError, RequestRefused) as error:
            return _data(refusal(error))

    async def follow(self, document: str, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:
        try:
            begun, source = await self._operations.subscribe(self._ready(document, variables), _ASKS)
            async with aclosing(source) as messages:
                async for message in messages:
                    yield _data(await begun.long_answer_to(message))
        except RefusedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it dies of is told as a running house tells it
            _data(refusal(error))

    def _ready(self, document: str, variables: dict[str, Any]) -> Ready:
        request = Request(query=document, variables=msgspec.Raw(msgspec.json.encode(variables)))
        return self._operations.prepare(request, _ASKS)


def _data(answer: Answer) -> dict[str, Any]:
    if answer.get("errors"):
        raise RefusedError(f"the house refused: {answer['errors'][0]['message']}")
    data: dict[str, Any] = answer["data"]
    return data
