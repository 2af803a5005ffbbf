"""The ledger: JSON lines on disk, one a message, durable before the message is sent, completed in place by what became of it.

Every line is padded to one width that divides pages and sectors, so that neither a killed process nor a lost write leaves
half a line: it is as it was, or as it became.
"""

import asyncio
import fcntl
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

WIDTH: Final = 512
FLUSH_SECONDS: Final = 0.25
_FIRST: Final = b'{"device":"'


class LedgerError(Exception):
    """The ledger cannot be used; the message says in plain words why."""


class Line(msgspec.Struct, rename="camel", kw_only=True, gc=False):
    """One message. Times are epoch milliseconds. `sent` null: never sent, but dropped on the way; others null: not known to be.

    `result` is that of the first receipt, `duplicates` how many receipts said "duplicate". `at` is the message's own time,
    `answer` what it says of which command, and `sha256` the payload's where the message is malformed: these recognise in the
    log what has no event id of its own.
    """

    device: str
    sequence: int
    event_id: str | None = None
    sent: int | None = None
    pubacked: int | None = None
    receipted: int | None = None
    result: str | None = None
    duplicates: int = 0
    kind: str = "reading"
    topic: str = ""
    at: int | None = None
    fault: str | None = None
    answer: str | None = None
    sha256: str | None = None


class Entry(msgspec.Struct, gc=False):
    """A line and its place in the file."""

    line: Line
    offset: int


def read_ledger(path: Path) -> Iterator[Line]:
    """The lines of a ledger; a torn last line counts as not written. LedgerError where it cannot be read."""
    decoder = msgspec.json.Decoder(Line)
    broken: int | None = None
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if broken is not None:
                    raise LedgerError(f"line {broken} of {path} is not a line of a ledger")
                try:
                    yield decoder.decode(raw)
                except msgspec.MsgspecError:
                    broken = number
    except OSError as error:
        raise LedgerError(f"the ledger {path} cannot be read: {error.strerror}") from error


class Ledger:
    """A ledger open for writing, by one process. All its file work happens in one thread of its own, in order."""

    def __init__(self, path: Path) -> None:
        """Blocking. Continues the ledger at `path`, or begins one; LedgerError where that cannot be."""
        self.sequences: dict[str, int] = {}
        self._path = path
        self._fd = _open_locked(path)
        try:
            self._end = self._recover(path)
        except BaseException:
            os.close(self._fd)
            raise
        self._changed: dict[int, Line] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    async def begin(self, lines: Sequence[Line]) -> list[Entry]:
        """Write new lines; once this returns they are durable, and their messages may be sent."""
        if not lines:
            return []
        entries = [Entry(line, self._end + index * WIDTH) for index, line in enumerate(lines)]
        blob = b"".join(map(_render, lines))
        start, self._end = self._end, self._end + len(blob)
        await self._write([(start, blob)])
        return entries

    def changed(self, entry: Entry) -> None:
        """Something became of that message: its line is to be rewritten soon."""
        self._changed[entry.offset] = entry.line

    async def flush(self) -> None:
        """Rewrite the lines that changed; durable once this returns."""
        if self._changed:
            changed, self._changed = self._changed, {}
            await self._write(_runs(changed))

    async def run(self) -> None:
        """Flush every quarter of a second, until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def close(self) -> None:
        """Flush, and let go of the file."""
        try:
            await self.flush()
        finally:
            self._thread.shutdown()
            os.close(self._fd)

    async def _write(self, blobs: Sequence[tuple[int, bytes]]) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, _write_durably, self._fd, blobs)
        except OSError as error:
            raise LedgerError(f"the ledger {self._path} cannot be written: {error.strerror}") from error

    def _recover(self, path: Path) -> int:
        """Learn the last sequence of each device, and cut off a tail that was never durable; where to go on writing."""
        end = broken = 0
        for line in _aligned_lines(path):
            if line is None:
                broken += 1
            elif broken:
                raise LedgerError(f"line {end // WIDTH + 1} of {path} is damaged; choose another file")
            else:
                self.sequences[line.device] = max(line.sequence, self.sequences.get(line.device, 0))
                end += WIDTH
        if not end and not _may_be_torn(os.pread(self._fd, len(_FIRST), 0)):
            raise LedgerError(f"{path} holds something else than a ledger of `glasshouse simulate`; choose another file")
        os.ftruncate(self._fd, end)
        return end


def _may_be_torn(head: bytes) -> bool:
    """Whether a file without one whole line may be a ledger whose very first write was cut short."""
    return _FIRST.startswith(head.rstrip(b"\0")[: len(_FIRST)])


def _aligned_lines(path: Path) -> Iterator[Line | None]:
    """The whole lines of the file; None for one that cannot be read."""
    decoder = msgspec.json.Decoder(Line)
    with path.open("rb") as file:
        while len(raw := file.read(WIDTH)) == WIDTH:
            try:
                yield decoder.decode(raw)
            except msgspec.MsgspecError:
                yield None


def _open_locked(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise LedgerError(f"the ledger {path} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(fd)
        raise LedgerError(f"another simulation is writing the ledger {path}") from error
    return fd


def _render(line: Line) -> bytes:
    raw = msgspec.json.encode(line)
    if len(raw) >= WIDTH:
        raise LedgerError(f"the names of device {line.device} are too long for a line of the ledger ({WIDTH} bytes)")
    return raw.ljust(WIDTH - 1) + b"\n"


def _runs(changed: dict[int, Line]) -> list[tuple[int, bytes]]:
    """Neighbouring lines as one write: each write costs the thread a turn at the interpreter's lock."""
    runs: list[tuple[int, list[bytes]]] = []
    for offset, line in sorted(changed.items(), key=lambda item: item[0]):
        if runs and offset == runs[-1][0] + len(runs[-1][1]) * WIDTH:
            runs[-1][1].append(_render(line))
        else:
            runs.append((offset, [_render(line)]))
    return [(offset, b"".join(lines)) for offset, lines in runs]


def _write_durably(fd: int, blobs: Sequence[tuple[int, bytes]]) -> None:
    for offset, blob in blobs:
        written = 0
        while written < len(blob):
            written += os.pwrite(fd, memoryview(blob)[written:], offset + written)
    os.fsync(fd)
