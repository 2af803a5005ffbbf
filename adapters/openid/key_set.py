"""A provider's keys, kept: fetched anew when they get old or one is missing, and good for a while without the provider."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from adapters.openid.provider import Jwk, OpenId, ProviderAwayError, fetch_keys

_FRESH_SECONDS: Final = 600.0
_TRUSTED_SECONDS: Final = 24 * 3600.0
"""A provider may have given up a key while it could not be asked: what it said so long ago is not believed any more."""
_AGAIN_SECONDS: Final = 30.0
"""However many tokens name keys that nobody knows, the provider is asked this seldom."""


class KeySet:
    """The keys of one provider. They are fetched in one task at a time; whose key is there meanwhile waits for nothing.

    `close` ends it.
    """

    def __init__(self, provider: OpenId, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._provider = provider
        self._clock = clock
        self._fetching: asyncio.Task[None] | None = None
        self._keys: Sequence[Jwk] = ()
        self._fetched_at = self._asked_at = -math.inf
        self._complaint = ""

    async def find(self, kid: str | None) -> Jwk | None:
        """The key of that id, or the only one where a token names none; None where the provider has no such key.

        ProviderAwayError where it cannot be told, because the provider cannot be asked.
        """
        found = self._known(kid)
        if found is None or self._age() > _FRESH_SECONDS:
            self._refresh()
        if found is None and self._fetching is not None:
            await asyncio.shield(self._fetching)  # others may wait for it too
            found = self._known(kid)
        if found is None and self._complaint:
            raise ProviderAwayError(self._complaint)
        return found

    def _known(self, kid: str | None) -> Jwk | None:
        if self._age() > _TRUSTED_SECONDS:
            return None
        if kid is None:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((jwk for jwk in self._keys if jwk.get("kid") == kid), None)

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    async def close(self) -> None:
        """Fetch no more."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    def _refresh(self) -> None:
        """Begin to fetch, unless that was done a moment ago."""
        now = self._clock()
        if now - self._asked_at >= _AGAIN_SECONDS and (self._fetching is None or self._fetching.done()):
            self._asked_at = now
            self._fetching = asyncio.create_task(self._fetch(), name="openid-keys")

    async def _fetch(self) -> None:
        try:
            self._keys = await fetch_keys(self._provider)
        except ProviderAwayError as error:
            self._complaint = str(error)
            structlog.get_logger().warning("openid_provider_away", reason=self._complaint)
        else:
            self._complaint, self._fetched_at = "", self._clock()
