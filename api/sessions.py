"""Session cookies for the page: a key's handle and an expiry, signed. A session opens nothing that its key does not."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from schema.times import from_micros, to_micros

COOKIE: Final = "glasshouse_session"
LIFETIME: Final = timedelta(hours=12)
_LONGEST: Final = 256


class SessionSigner:
    """Makes and reads session tokens. Whoever holds another secret reads none of them."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, handle: str, expires_at: datetime) -> str:
        body = f"{handle}~{to_micros(expires_at)}"
        return f"{body}~{self._signature(body)}"

    def read(self, token: str) -> tuple[str, datetime] | None:
        """The handle and the expiry; None for a token that this secret did not sign."""
        body, _, signature = token.rpartition("~")
        if len(token) > _LONGEST or not hmac.compare_digest(self._signature(body).encode(), signature.encode(errors="replace")):
            return None
        handle, _, micros = body.partition("~")
        return handle, from_micros(int(micros))

    def _signature(self, body: str) -> str:
        return hmac.new(self._secret, b"session~" + body.encode(errors="replace"), sha256).hexdigest()
