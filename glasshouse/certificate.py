"""HTTPS of our own: a certificate and its key from files, taken up anew when they are renewed."""

import asyncio
import ssl
from pathlib import Path
from typing import Final, TypeAlias

import structlog

from glasshouse.errors import SettingsError
from glasshouse.settings import Settings

_LOOK_SECONDS: Final = 10.0
_Stamp: TypeAlias = tuple[tuple[int, ...], ...]


class Certificate:
    """What a server shows of itself. SettingsError where the files are no certificate and its key."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        try:
            self._seen = self._stamp()
            self.context = self._load()
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"tls_certificate {certificate} and tls_key {key} cannot be used: {error}") from error

    async def keep_fresh(self, every_seconds: float = _LOOK_SECONDS) -> None:
        """Look at the files for ever. What cannot be used is told once, and what was shown before stays."""
        while True:
            await asyncio.sleep(every_seconds)
            try:
                await self._renew()
            except (OSError, ssl.SSLError) as error:
                structlog.get_logger().warning("certificate_not_renewed", files=list(map(str, self._files)), reason=str(error))

    async def _renew(self) -> None:
        stamp = await asyncio.to_thread(self._stamp)
        if stamp == self._seen:
            return
        self._seen = stamp
        await asyncio.to_thread(self._load)  # in a context of its own: a pair that does not fit would spoil the one in use
        self.context.load_cert_chain(*self._files, password=_no_password)
        structlog.get_logger().info("certificate_renewed", certificate=str(self._files[0]))

    def _stamp(self) -> _Stamp:
        found = [path.stat() for path in self._files]
        return tuple((one.st_ino, one.st_mtime_ns, one.st_ctime_ns, one.st_size) for one in found)

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(*self._files, password=_no_password)
        return context


def _no_password() -> str:
    """A key that is locked is refused: there is nobody to ask."""
    return ""


def certificate_of(settings: Settings) -> Certificate | None:
    """None where plain HTTP is to be spoken; SettingsError where one of the two files is not named."""
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise SettingsError("HTTPS needs both: tls_certificate and tls_key, each a PEM file")
    return Certificate(Path(certificate), Path(key))
