"""Reading a CSV file row by row, with the line each begins on, and what cannot be read as CSV said so."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from glasshouse.importer.load import MappingError
from glasshouse.importer.mapping import FileMapping


@contextmanager
def open_csv(path: Path, entry: FileMapping) -> Iterator["CsvFile"]:
    """The file, open; MappingError where it is no CSV with a header, or cannot be read."""
    try:
        raw = path.open("rb")
    except OSError as error:
        raise MappingError(f"{path} cannot be read: {error.strerror}") from error
    with raw:
        yield CsvFile(raw, path.name, entry)


class CsvFile:
    """An open CSV file: its header, then its rows. Bytes that the encoding does not know come as backslash escapes."""

    def __init__(self, raw: BinaryIO, name: str, entry: FileMapping) -> None:
        self._raw = raw
        text = TextIOWrapper(raw, encoding=entry.encoding, errors="backslashreplace", newline="")
        self._csv = csv.reader(text, delimiter=entry.delimiter)
        try:
            self.header = next(self._csv, [])
        except csv.Error as error:
            raise MappingError(f"{name} is not CSV: {error}") from error
        if not self.header:
            raise MappingError(f"{name} is empty: it has no header")

    @property
    def bytes_read(self) -> int:
        """How far into the file the reader is; it reads some pages ahead."""
        return self._raw.tell()

    def rows(self) -> Iterator[tuple[int, list[str], str | None]]:
        """(line, cells, None) for each row that is not blank; (line, [], reason) for one that is not CSV."""
        while True:
            line = self._csv.line_num + 1
            try:
                row = next(self._csv)
            except StopIteration:
                return
            except csv.Error as error:
                yield line, [], f"not CSV: {error}"
                continue
            if len(row) > 1 or (row and row[0].strip()):
                yield line, row, None
