"""The manifest: a journal of what the archive holds, let go of and no longer has, one line of JSON for each step.

A line is on the disk before the step that leans on it is taken. A line that a crash tore at the end was leaned on by nothing.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from adapters.files import replace_file
from adapters.history.archive.entries import Entry
from adapters.history.port import HistoryError, HistoryUnavailableError

_decode = msgspec.json.Decoder(Entry).decode
_encode = msgspec.json.Encoder().encode


class Manifest:
    """One file of lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_to = 0
        self._lines = 0

    def read(self) -> Iterator[Entry]:
        """The entries that were not read yet, in order. HistoryError where a line cannot be understood."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._read_to)
                content = file.read()
        except FileNotFoundError:
            return
        whole, newline, _ = content.rpartition(b"\n")
        self._read_to += len(whole) + len(newline)
        for line in (whole + newline).splitlines():
            self._lines += 1
            try:
                yield _decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise HistoryError(
                    f"line {self._lines} of {self.path} cannot be read ({error}). It is damaged, or of a newer version; "
                    "restore it, or move it away: what the archive holds is then told from its files"
                ) from error

    def has_more(self) -> bool:
        """Whether another process has written."""
        try:
            return self.path.stat().st_size > self._read_to
        except FileNotFoundError:
            return False

    def add(self, *entries: Entry) -> None:
        """Write these, durably. HistoryUnavailableError where there is no room."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                self._mend(file.tell())
                file.write(b"".join(_encode(entry) + b"\n" for entry in entries))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise HistoryUnavailableError(f"the archive's {self.path} cannot be written: {error.strerror}") from error

    def replace(self, entries: Iterator[Entry]) -> None:
        """Write these in place of all that there is."""
        replace_file(self.path, b"".join(_encode(entry) + b"\n" for entry in entries))

    def _mend(self, size: int) -> None:
        """Cut off what a crash, or a full disk, left of a last line."""
        if size == 0:
            return
        content = self.path.read_bytes()
        if not content.endswith(b"\n"):
            os.truncate(self.path, content.rfind(b"\n") + 1)
