"""What is sent to `/ingest`, as it comes: unpacked, bounded, and cut into lines. No more of it is in memory than must be."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Final

from starlette.requests import ClientDisconnect, Request

from api.errors import ApiError, ErrorCode, limit_error
from api.limits import Limits
from api.transports.bodies import HttpRefused
from api.transports.negotiation import is_json, kind_of_text

_NDJSON: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})
_ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip"})
_PIECE: Final = 65_536
_GZIP: Final = 16 + zlib.MAX_WBITS
_AGAIN: Final = "send it in parts; items that were stored already are known when they come again"


def is_by_line(request: Request) -> bool:
    """Whether the body is NDJSON, and not JSON; HttpRefused 415 where it is neither."""
    content_type = request.headers.get("content-type", "")
    if request.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
        raise _unsupported("send it with Content-Encoding: gzip, or as it is", {"Accept-Encoding": "gzip, identity"})
    if kind_of_text(content_type) in _NDJSON:
        return True
    if is_json(content_type):
        return False
    raise _unsupported("send application/json, or application/x-ndjson with an item a line, in UTF-8")


async def whole(request: Request, limits: Limits) -> bytes:
    """All of the body, as it was before it was packed."""
    return b"".join([piece async for piece in _pieces(request, limits, limits.ingest_bytes)])


async def lines(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    """The lines of the body that are not empty."""
    cut = Lines(limits.ingest_line_bytes)
    async for piece in _pieces(request, limits, limits.ingest_stream_bytes):
        for line in cut.feed(piece):
            yield line
    for line in cut.feed(b"\n"):
        yield line


class Lines:
    """Cuts pieces into lines; what a line has so far is held, up to a limit."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: list[bytes] = []
        self._size = 0
        self._number = 1

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The lines that end in this piece; HttpRefused 413 where one is too long."""
        first, *others = piece.split(b"\n")
        self._hold(first)
        for part in others:
            if self._held and (line := b"".join(self._held).strip()):
                yield line
            if self._held:
                self._held, self._size = [], 0
            self._number += 1
            self._hold(part)

    def _hold(self, part: bytes) -> None:
        if not part:
            return
        self._held.append(part)
        self._size += len(part)
        if self._size > self._most:
            raise _too_large("bytes of a line", self._most, f"more in line {self._number}")


async def _pieces(request: Request, limits: Limits, most: int) -> AsyncIterator[bytes]:
    """The body piece by piece; HttpRefused 413 beyond `most` bytes, packed or not, 408 where it takes too long."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise _too_large("bytes of body", most, int(announced))
    is_packed = "gzip" in request.headers.get("content-encoding", "").lower()
    unpack = Gunzip() if is_packed else None
    sent = size = 0
    async for chunk in _chunks(request, limits):
        sent += len(chunk)
        for piece in (chunk,) if unpack is None else unpack.feed(chunk):
            size += len(piece)
            if max(sent, size) > most:
                raise _too_large("bytes of body", most, f"more than {max(sent, size) - 1}")
            yield piece
            await asyncio.sleep(0)
    if unpack is not None:
        unpack.finish()


async def _chunks(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    stream = request.stream()
    end = asyncio.get_running_loop().time() + limits.ingest_sending_seconds
    while True:
        soon = asyncio.get_running_loop().time() + limits.body_seconds
        try:
            async with asyncio.timeout_at(min(soon, end)):
                chunk = await anext(stream, None)
        except ClientDisconnect:
            raise HttpRefused(400, ApiError(ErrorCode.INVALID_INPUT, "the connection ended before the body did")) from None
        except TimeoutError:
            allowed = limits.body_seconds if soon <= end else limits.ingest_sending_seconds
            raise HttpRefused(408, limit_error("seconds of sending", allowed, "more", _AGAIN)) from None
        if chunk is None:
            return
        yield chunk


class Gunzip:
    """Unpacks gzip, also of several members, a piece at a time: what a few bytes may come to is never in memory as a whole."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._is_begun = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What the chunk adds, in pieces of 64 KiB at most; HttpRefused 400 where it is no gzip."""
        while chunk:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            self._is_begun = True
            try:
                piece = self._member.decompress(chunk, _PIECE)
            except zlib.error as error:
                raise _broken(f"it is no gzip: {error}") from None
            chunk = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if piece:
                yield piece

    def finish(self) -> None:
        """HttpRefused 400 where the gzip has no end."""
        if not self._is_begun or not self._member.eof:
            raise _broken("the gzip ends too early")


def _unsupported(what: str, headers: dict[str, str] | None = None) -> HttpRefused:
    return HttpRefused(415, ApiError(ErrorCode.INVALID_INPUT, what), headers)


def _too_large(limit: str, allowed: int, asked: int | str) -> HttpRefused:
    return HttpRefused(413, limit_error(limit, allowed, asked, _AGAIN))


def _broken(why: str) -> HttpRefused:
    return HttpRefused(400, ApiError(ErrorCode.INVALID_INPUT, f"the body cannot be unpacked: {why}; {_AGAIN}"))
