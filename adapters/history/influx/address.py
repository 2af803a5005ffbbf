"""Where an InfluxDB is and which bucket is meant, from its URL: `influxdb[s]://token@host:8086/org?bucket=glasshouse`."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from adapters.history.port import HistoryAddressError

VERSION: Final = 1
"""Of the way in which readings are laid down. Another way is another bucket."""
_PORT: Final = 8086
_OPTIONS: Final = {"bucket", "TlsCaFile", "version"}
_EXAMPLE: Final = "influxdb://TOKEN@host:8086/organisation"
_is_bucket = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}").fullmatch


class InfluxAddress:
    """A URL, understood. It never tells its token. HistoryAddressError where it, or a file that it names, cannot be used."""

    def __init__(self, url: str) -> None:
        scheme, _, rest = url.partition("://")
        secret, at, place = rest.rpartition("@")
        self._shown = f"{scheme}://{place.partition('?')[0] if at else '...'}"  # without an @ it may begin with the token
        if not at or not secret:
            raise self._wrong(f"it has no token; write {_EXAMPLE}, with %2F for a / in the token")
        self.token: Final = unquote(secret)
        self._tls = scheme == "influxdbs"
        self._read_place(place)
        options = self._options(place)
        self.bucket: Final = f"{options.get('bucket', 'glasshouse')}-history-{VERSION}{self._version(options)}"
        if not _is_bucket(self.bucket):
            raise self._wrong("bucket is made of letters, digits, dots, dashes and underscores, at most 90 of them")
        self.ca_file: Final = self._file(options.get("TlsCaFile"))

    def __str__(self) -> str:
        """For people: without token and options."""
        return self._shown

    def _read_place(self, place: str) -> None:
        try:
            parts = urlsplit(f"//{place}")
            host, port = parts.hostname, parts.port or _PORT
        except ValueError as error:
            raise self._wrong(str(error)) from None
        self.org = unquote(parts.path.strip("/"))
        if not host or not self.org or "/" in parts.path.strip("/"):
            raise self._wrong(f"it names no host and one organisation; write {_EXAMPLE}")
        shown = f"[{host}]" if ":" in host else host
        self.http = f"{'https' if self._tls else 'http'}://{shown}:{port}"

    def _options(self, place: str) -> dict[str, str]:
        options = dict(parse_qsl(place.partition("?")[2], keep_blank_values=True))
        if unknown := sorted(set(options) - _OPTIONS):
            raise self._wrong(f"{', '.join(unknown)} is no option of it; options are {', '.join(sorted(_OPTIONS))}")
        return options

    def _version(self, options: dict[str, str]) -> str:
        """What the name of a bucket ends with, but for that of the first version."""
        version = options.get("version", "1")
        if not version.isdecimal():
            raise self._wrong("version is a number")
        return "" if version == "1" else f"-v{version}"

    def _file(self, path: str | None) -> str | None:
        """A file that holds the certificate of the server's authority."""
        if path is None:
            return None
        if not self._tls:
            raise self._wrong("TlsCaFile is for influxdbs://, which is encrypted")
        try:
            Path(path).read_bytes()
        except OSError as error:
            raise self._wrong(f"TlsCaFile={path} cannot be read: {error.strerror}") from error
        return path

    def _wrong(self, why: str) -> HistoryAddressError:
        return HistoryAddressError(f"the history {self._shown} cannot be used: {why}")
