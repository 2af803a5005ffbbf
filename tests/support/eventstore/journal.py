"""Every write in a file, flushed to the system before it is answered: what was acknowledged survives `kill -9`."""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.support.eventstore.records import Proposed

_HEAD = struct.Struct("<II")


class Write(NamedTuple):
    """Events that were appended together. `created` in ticks of 100 ns."""

    stream: str
    created: int
    events: list[Proposed]


class Journal:
    """One append-only file. A torn tail is dropped when it is opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoder = msgspec.msgpack.Encoder()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)

    def replay(self) -> Iterator[Write]:
        """All complete writes, in order. To be read to its end before the first `add`."""
        content = self._path.read_bytes()
        decoder = msgspec.msgpack.Decoder(Write)
        at = 0
        while (body := _body_at(content, at)) is not None:
            yield decoder.decode(body)
            at += _HEAD.size + len(body)
        os.ftruncate(self._file, at)

    def add(self, write: Write) -> None:
        body = self._encoder.encode(write)
        line = _HEAD.pack(len(body), zlib.crc32(body)) + body
        assert os.write(self._file, line) == len(line), "the double's own disk is full"

    def close(self) -> None:
        os.close(self._file)


def _body_at(content: bytes, at: int) -> bytes | None:
    if at + _HEAD.size > len(content):
        return None
    length, checksum = _HEAD.unpack_from(content, at)
    body = content[at + _HEAD.size : at + _HEAD.size + length]
    return body if len(body) == length and zlib.crc32(body) == checksum else None
