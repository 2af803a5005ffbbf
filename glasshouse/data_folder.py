"""The data folder: one owner at a time, a format version, and the secret that signs browser sessions."""

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.files import replace_file
from glasshouse.errors import DataFolderError, DataInUseError

FORMAT = 1
UPGRADES: dict[int, Callable[[Path], None]] = {}
"""How a folder of format n becomes one of format n + 1, in place."""

_FORMAT_FILE = "format.json"
_LOCK_FILE = "owner.lock"
_SIGNING_FILE = "session.secret"
_OWNER_FILE = "owner.json"


class DataFolder:
    """A folder that this process owns. `own` is the way to one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def broker(self) -> Path:
        return self.path / "broker"

    @property
    def snapshots(self) -> Path:
        return self.path / "snapshots"

    @property
    def accounts(self) -> Path:
        return self.snapshots / "accounts.json"

    @property
    def addresses(self) -> Path:
        return self.snapshots / "addresses.json"

    @property
    def reactors(self) -> Path:
        return self.snapshots / "reactors.json"

    @property
    def lineage(self) -> Path:
        return self.path / "lineage.db"

    @property
    def commands(self) -> Path:
        return self.path / "commands.db"

    @property
    def audit(self) -> Path:
        return self.path / "audit.db"

    @property
    def holder(self) -> Path:
        return self.path / "holder.json"

    def lock_place(self) -> tuple[int, int]:
        """Where the lock lies that this process holds: a copy of the folder has another."""
        found = (self.path / _LOCK_FILE).stat()
        return found.st_dev, found.st_ino

    def keep(self, path: Path, content: bytes) -> None:
        """Replace a file of the folder as a whole, durably."""
        _write(path, content)

    def session_secret(self) -> bytes:
        """The secret that signs browser sessions; made at the first call."""
        path = self.path / _SIGNING_FILE
        if not path.exists():
            _write(path, secrets.token_bytes(32), mode=0o600)
        return path.read_bytes()

    def announce(self, addresses: dict[str, Any]) -> None:
        """Tell other commands where the owner listens."""
        _write(self.path / _OWNER_FILE, json.dumps({"pid": os.getpid(), **addresses}).encode())


@contextmanager
def own(path: Path) -> Iterator[DataFolder]:
    """Make or open the folder and hold it alone.

    DataFolderError: not writable, or of a newer format. DataInUseError: another process holds it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / _LOCK_FILE).open("a")
    except OSError as error:
        raise DataFolderError(
            f"the data folder {path} cannot be written ({error.strerror}); choose another with --data"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataInUseError(_in_use(path)) from None
        _bring_up_to_date(path)
        folder = DataFolder(path)
        try:
            yield folder
        finally:
            (path / _OWNER_FILE).unlink(missing_ok=True)


def is_data_folder(path: Path) -> bool:
    """Whether a house has been there."""
    return (path / _FORMAT_FILE).exists()


def owner_of(path: Path) -> dict[str, Any] | None:
    """What the process that owns the folder told of itself; None when nobody owns it, or it is not ready yet."""
    try:
        with (path / _LOCK_FILE).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _announced(path)
    except OSError:
        return None
    return None


def _announced(path: Path) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads((path / _OWNER_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    return told


def _in_use(path: Path) -> str:
    told = _announced(path) or {}
    who = f"process {told['pid']}" if "pid" in told else "another process"
    return f"the data folder {path} is in use by {who}; stop it, or choose another folder with --data"


def _bring_up_to_date(path: Path) -> None:
    """Upgrade the folder step by step to the format of this version."""
    file = path / _FORMAT_FILE
    try:
        current = int(json.loads(file.read_bytes())["format"])
    except FileNotFoundError:
        current = FORMAT
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataFolderError(f"{file} is damaged ({error}); restore it from a backup, or move the folder away") from error
    if current > FORMAT:
        raise DataFolderError(
            f"the data folder {path} has format {current}, this glasshouse knows up to {FORMAT}; use a newer one"
        )
    for step in range(current, FORMAT):
        UPGRADES[step](path)
    if current != FORMAT or not file.exists():
        _write(file, json.dumps({"format": FORMAT}).encode())


def _write(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    try:
        replace_file(path, content, mode=mode)
    except OSError as error:
        raise DataFolderError(
            f"the data folder {path.parent} cannot be written ({error.strerror}); choose another with --data"
        ) from error
