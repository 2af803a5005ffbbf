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
    """One append-only file. Nodes of a cluster share it: the leader adds, the others read what is new."""

    def __init__(self, path: Path) -> None:
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Write)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._at = 0

    def read(self) -> Iterator[Write]:
        """All complete writes since the last time, in order."""
        content = os.pread(self._file, os.fstat(self._file).st_size - self._at, self._at)
        at = 0
        while (body := _body_at(content, at)) is not None:
            at += _HEAD.size + len(body)
            yield self._decoder.decode(body)
        self._at += at

    def drop_torn_tail(self) -> None:
        """What follows the last complete write was never acknowledged."""
        os.ftruncate(self._file, self._at)

    def add(self, write: Write) -> None:
        body = self._encoder.encode(write)
        line = _HEAD.pack(len(body), zlib.crc32(body)) + body
        assert os.write(self._file, line) == len(line), "the double's own disk is full"
        self._at += len(line)

    def close(self) -> None:
        os.close(self._file)


def _body_at(content: bytes, at: int) -> bytes | None:
    if at + _HEAD.size > len(content):
        return None
    length, checksum = _HEAD.unpack_from(content, at)
    body = content[at + _HEAD.size : at + _HEAD.size + length]
    return body if len(body) == length and zlib.crc32(body) == checksum else None
