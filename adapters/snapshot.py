"""A snapshot of what was folded from the log, in one file: written whole, believed only if every byte is as written.

The first line is a digest of all that follows; the second says the kind and version of the state, and the cursor it stands at.
It only saves time: a snapshot that cannot be used, or not be written, costs a longer start and nothing else.
"""

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from threading import Lock

import msgspec
import structlog

from adapters.files import replace_file
from schema.envelope import Cursor, Position


class _Header(msgspec.Struct, frozen=True):
    kind: str
    version: int
    cursor: Cursor


class SnapshotFile:
    """The snapshot of one state. A snapshot of another kind or version is passed over. Calls block: use a thread."""

    def __init__(self, path: Path, *, kind: str, version: int) -> None:
        self._path = path
        self._kind = kind
        self._version = version
        self._saving = Lock()

    def load(self) -> tuple[Cursor, list[bytes]] | None:
        """The cursor and the records that were saved; None where there is nothing to believe."""
        try:
            return self._read()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            structlog.get_logger().warning("snapshot_passed_over", path=str(self._path), reason=str(error))
            return None

    def _read(self) -> tuple[Cursor, list[bytes]]:
        digest, _, content = self._path.read_bytes().partition(b"\n")
        if digest != _digest(content):
            raise ValueError("its digest does not fit what it holds")
        head, *records = content.splitlines()
        header = msgspec.json.decode(head, type=_Header)
        if (header.kind, header.version) != (self._kind, self._version):
            raise ValueError(f"it is a snapshot of {header.kind} version {header.version}")
        return header.cursor, records

    def save(self, cursor: Cursor, records: Sequence[bytes]) -> None:
        """Replace the snapshot; OSError leaves the one before. `records` are JSON values, without line ends."""
        content = b"\n".join([msgspec.json.encode(_Header(self._kind, self._version, cursor)), *records])
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._saving:
            replace_file(self._path, _digest(content) + b"\n" + content)


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).hexdigest().encode()


def usable_checkpoint(name: str, checkpoint: Cursor | None, head: Cursor) -> Position | None:
    """The checkpoint's position, or None to start from zero: it is missing, of another log, or beyond the head."""
    if checkpoint is None or checkpoint.position is None:
        return None
    if checkpoint.log_id != head.log_id:
        reason = "its checkpoint belongs to another event log"
    elif head.position is None or checkpoint.position > head.position:
        reason = "its checkpoint lies beyond the end of the event log"
    else:
        return checkpoint.position
    structlog.get_logger().warning("projection_starts_from_zero", projection=name, reason=reason)
    return None
