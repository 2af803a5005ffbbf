"""Webhooks: JSON by POST, with an id, a time and an HMAC over time and body in its headers."""

import hmac
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Final

import httpx
import msgspec

from adapters.notify.port import Message, NotDeliveredError

_TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
_LONGEST_WAIT: Final = 86_400.0


class Webhook:
    """Implements `Target`. Redirects are not followed, and of an answer nothing is read but its status and headers."""

    def __init__(self, url: str, secret: str, *, clock: Callable[[], float] = time.time) -> None:
        self._url = url
        self._secret = secret.encode()
        self._clock = clock
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False, trust_env=False)

    async def send(self, message: Message) -> None:
        body, timestamp = msgspec.json.encode(message.document), str(int(self._clock()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "glasshouse",
            "X-Glasshouse-Id": message.id,
            "X-Glasshouse-Timestamp": timestamp,
            "X-Glasshouse-Signature": signature(self._secret, timestamp, body),
        }
        try:
            async with self._client.stream("POST", self._url, content=body, headers=headers) as response:
                _require_taken(response)
        except httpx.TimeoutException:
            raise NotDeliveredError("no answer in time") from None
        except httpx.HTTPError as error:
            raise NotDeliveredError(f"not reached: {type(error).__name__}") from None

    async def close(self) -> None:
        await self._client.aclose()


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """`v1=` and the HMAC-SHA256, in hex, of the timestamp, a dot and the body."""
    return "v1=" + hmac.digest(secret, timestamp.encode() + b"." + body, sha256).hex()


def _require_taken(response: httpx.Response) -> None:
    if response.is_success:
        return
    where = " (redirects are not followed)" if response.is_redirect else ""
    raise NotDeliveredError(f"it answered {response.status_code}{where}", _retry_after(response.headers.get("Retry-After")))


def _retry_after(text: str | None) -> float | None:
    """Seconds, or a date; None for what is neither."""
    if text is None:
        return None
    if text.isascii() and text.isdecimal():
        return min(float(text), _LONGEST_WAIT)
    with suppress(ValueError, TypeError):
        return min(max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0), _LONGEST_WAIT)
    return None
