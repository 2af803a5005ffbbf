"""Damage to a file of SQLite, as a disk does it."""

from pathlib import Path
from typing import Final

_PAGE: Final = 4096


def spoil_behind_first_page(path: Path) -> None:
    """The file looks as ever when it is opened; what is in it cannot be read."""
    content = path.read_bytes()
    assert len(content) > _PAGE
    path.write_bytes(content[:_PAGE] + b"\xa5" * (len(content) - _PAGE))
