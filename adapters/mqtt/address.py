"""Where a broker is, and how to get in."""

import ssl
from urllib.parse import SplitResult, quote, unquote, urlsplit

import msgspec

_PORTS = {"mqtt": 1883, "mqtts": 8883}


class BrokerAddressError(ValueError):
    """The text is no broker's address."""


class BrokerAddress(msgspec.Struct, frozen=True):
    """A broker's address, from `mqtt[s]://user:password@host:port`."""

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, url: str) -> "BrokerAddress":
        """Read an address; BrokerAddressError with a plain sentence that does not repeat the password."""
        parts = _split(url)
        if parts.scheme not in _PORTS:
            raise BrokerAddressError("a broker's address starts with mqtt:// or mqtts://")
        if not parts.hostname:
            raise BrokerAddressError("a broker's address names a host: mqtt://host:1883")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise BrokerAddressError("a broker's address ends after the port; write / and # in a password as %2F and %23")
        return cls(
            host=parts.hostname,
            port=_port(parts.netloc.rpartition("@")[2], _PORTS[parts.scheme]),
            tls=parts.scheme == "mqtts",
            username=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )

    @property
    def url(self) -> str:
        """What `parse` reads, password and all: for a process of ours, and for nobody's eyes."""
        if self.username is None:
            return str(self)
        scheme, _, place = str(self).partition("://")
        login = ":".join(quote(part, safe="") for part in (self.username, self.password) if part is not None)
        return f"{scheme}://{login}@{place}"

    def tls_context(self) -> ssl.SSLContext | None:
        """Checks certificate and host name; a private authority is named by SSL_CERT_FILE, as OpenSSL reads it."""
        return ssl.create_default_context() if self.tls else None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"

    def __repr__(self) -> str:
        return f"BrokerAddress({str(self)!r})"


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        # Its own message repeats the address, password and all.
        raise ValueError("a broker's address has brackets that do not match: mqtt://[::1]:1883") from None


def _port(location: str, default: int) -> int:
    digits = location.rpartition("]")[2].rpartition(":")[2] if ":" in location.rpartition("]")[2] else ""
    if not digits:
        return default
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits) < 65536):  # noqa: PLR2004 - TCP's own bound
        raise BrokerAddressError("a broker's port is a number from 1 to 65535")
    return int(digits)
