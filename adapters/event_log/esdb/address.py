"""Where an EventStoreDB is and how it is spoken to, from its URL."""

import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import grpc
from esdbclient.connection_spec import ConnectionSpec

from adapters.event_log.port import LogAddressError

MAX_MESSAGE_BYTES: Final = 17 * 1024 * 1024
"""More than the largest event that any server can be set to take."""
_KEEPALIVE_MS: Final = 10_000


class EsdbAddress:
    """An `esdb://` or `esdb+discover://` URL, understood. It never tells its password.

    LogAddressError where the URL, or a file that it names, cannot be used.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            self.spec = ConnectionSpec(_as_esdb(url))
        except ValueError as error:
            raise LogAddressError(f"{self} cannot be used: {_reason(error, url)}") from None
        self._check_options()
        self._tls_files = self._read_tls_files() if self.spec.options.Tls else None

    def __str__(self) -> str:
        """For people: without user, password and options."""
        scheme, _, rest = self._url.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0].rstrip('/')}"

    @property
    def is_cluster(self) -> bool:
        """Whether the leader has to be asked for."""
        return self.spec.scheme != "esdb" or len(self.spec.targets) > 1

    @property
    def channel_options(self) -> tuple[tuple[str, Any], ...]:
        """Options of a gRPC channel: pings notice a peer that is gone, and a lost connection is soon sought again."""
        options = self.spec.options
        interval = _KEEPALIVE_MS if options.KeepAliveInterval is None else options.KeepAliveInterval
        timeout = _KEEPALIVE_MS if options.KeepAliveTimeout is None else options.KeepAliveTimeout
        pings = (
            ()
            if interval < 0
            else (
                ("grpc.keepalive_time_ms", interval),
                ("grpc.keepalive_timeout_ms", timeout),
                ("grpc.http2.ping_timeout_ms", timeout),
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.http2.max_pings_without_data", 0),
            )
        )
        return (
            *pings,
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.min_reconnect_backoff_ms", 3_000),
            ("grpc.max_reconnect_backoff_ms", 2_000),
            # Two channels to one server are two connections: a busy subscription holds up no append.
            ("grpc.use_local_subchannel_pool", 1),
        )

    @property
    def channel_credentials(self) -> grpc.ChannelCredentials | None:
        """Those of TLS, with the certificates that the URL names; None without TLS."""
        if self._tls_files is None:
            return None
        ca, key, chain = self._tls_files
        return grpc.ssl_channel_credentials(root_certificates=ca, private_key=key, certificate_chain=chain)

    @property
    def account(self) -> tuple[str, str] | None:
        """User and password; None where the URL has none. Without TLS a server asks for none, and none is sent."""
        if not self.spec.options.Tls or not self.spec.username:
            return None
        return unquote(self.spec.username), unquote(self.spec.password or "")

    def _check_options(self) -> None:
        options = self.spec.options
        if options.NodePreference != "leader":
            raise LogAddressError(
                f"{self} asks for NodePreference={options.NodePreference}, but the log is written and read at the leader, so "
                "that whoever wrote sees what he wrote; leave the option out"
            )
        if not options.TlsVerifyCert:
            raise LogAddressError(
                f"{self} asks not to verify certificates; name the certificate of your authority with TlsCaFile="
            )

    def _read_tls_files(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        options = self.spec.options
        return (
            self._content("TlsCaFile", options.TlsCaFile),
            self._content("UserKeyFile", options.UserKeyFile),
            self._content("UserCertFile", options.UserCertFile),
        )

    def _content(self, option: str, path: str | None) -> bytes | None:
        if path is None:
            return None
        try:
            return Path(path).read_bytes()
        except OSError as error:
            raise LogAddressError(f"{option}={path} of {self} cannot be read: {error.strerror}") from error


def _as_esdb(url: str) -> str:
    """The scheme under its oldest name, which is the one that esdbclient knows."""
    return re.sub(r"^(kurrentdb|kdb)", "esdb", url)


def _reason(error: ValueError, url: str) -> str:
    """What is wrong, without the URL, which may hold a password."""
    if "+" not in urlsplit(url).scheme and "Username and password" in str(error):
        return "with TLS, user and password are needed (esdb://user:password@host); a server without TLS wants ?Tls=false"
    said = str(error).replace(_as_esdb(url), "").rstrip(": ") or "it is not understood"
    named = (name for name, value in parse_qsl(urlsplit(url).query) if f"'{value}'" in said)
    return " ".join([*(f"{name} is" for name in named), said])
