"""Our own GraphQL API as a client: for commands that ask a running house."""

import ssl
import time
from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Any, Self, TypeAlias

import httpx
import msgspec

from glasshouse.errors import RefusedError

_SECONDS = 20.0
_GIVE_A_KEY = "; give one with --key, or in GLASSHOUSE_KEY"
Trust: TypeAlias = ssl.SSLContext | bool


def said(error: Exception) -> str:
    """What an error says; of one that says nothing, such as a timeout, its name."""
    return str(error) or type(error).__name__


def trust_in(running: dict[str, Any]) -> Trust:
    """How to know a house of this machine, whatever name its certificate has: by that certificate itself."""
    if running.get("certificate") is None:
        return True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(running["certificate"])
    except OSError as error:
        raise RefusedError(f"the certificate of the house at {running['http']} cannot be read: {error}") from error
    return context


class ApiClient:
    """A connection to the API of a house, with a key."""

    def __init__(self, url: str, key: str | None, trust: Trust = True) -> None:
        self._url = url
        self._keyless = key is None
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=_SECONDS, trust_env=False, verify=trust)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        await self._http.aclose()

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The `data` of the answer; RefusedError with the server's own words for any error.

        What is not visible yet is asked for again for a while: a server that was away from its event log reads on by itself.
        """
        patience = time.monotonic() + _SECONDS
        while True:
            body = await self._post(document, variables)
            if not body.get("errors"):
                data: dict[str, Any] = body["data"]
                return data
            error = body["errors"][0]
            if error.get("extensions", {}).get("code") != "NOT_YET_VISIBLE" or time.monotonic() > patience:
                raise self._refused(error)

    async def follow(self, document: str, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:
        """The `data` of each message of a subscription, to its end; RefusedError as for `ask`."""
        asked, headers = {"query": document, "variables": variables}, {"accept": "text/event-stream"}
        try:
            async with self._http.stream("POST", "/graphql", json=asked, headers=headers) as response:
                if response.is_error:
                    raise self._refused(msgspec.json.decode(await response.aread())["errors"][0])
                async for line in response.aiter_lines():
                    if line.startswith("data: {"):
                        body = msgspec.json.decode(line.removeprefix("data: "))
                        if body.get("errors"):
                            raise self._refused(body["errors"][0])
                        yield body["data"]
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise RefusedError(f"the house at {self._url} does not answer: {said(error)}") from error

    def _refused(self, error: dict[str, Any]) -> RefusedError:
        remedy = _GIVE_A_KEY if error.get("extensions", {}).get("code") == "UNAUTHENTICATED" and self._keyless else ""
        return RefusedError(f"the house at {self._url} refused: {error['message']}{remedy}")

    async def _post(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        try:
            response = await self._http.post("/graphql", json={"query": document, "variables": variables})
            body: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise RefusedError(f"the house at {self._url} does not answer: {said(error)}") from error
        return body

    async def change(self, document: str, **variables: Any) -> dict[str, Any]:
        """The one result of a mutation; RefusedError where it is an OperationError."""
        (result,) = (await self.ask(document, **variables)).values()
        if result["__typename"] == "OperationError":
            raise RefusedError(f"the house at {self._url} refused: {result['message']}")
        answer: dict[str, Any] = result
        return answer
