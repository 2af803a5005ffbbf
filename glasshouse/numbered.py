"""Files of which there are several versions: the first under its own name, the others with their number beside it."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from domain.versions import FIRST


def numbered(first: Path, version: int) -> Path:
    """The path of a version, given that of the first."""
    return first if version == FIRST else first.with_name(f"{first.stem}-{version}{first.suffix}")


def versions_at(first: Path) -> Iterator[int]:
    """The versions of which there is a file."""
    if first.exists():
        yield FIRST
    for path in first.parent.glob(f"{first.stem}-*{first.suffix}"):
        number = path.stem.removeprefix(f"{first.stem}-")
        if number.isdecimal() and int(number) != FIRST:
            yield int(number)


def drop(path: Path, beside: Sequence[str]) -> None:
    """Remove a file, and what a store keeps beside it under these endings."""
    for ending in beside:
        companion = path.with_name(path.name + ending)
        if companion.is_dir():
            shutil.rmtree(companion, ignore_errors=True)
        else:
            companion.unlink(missing_ok=True)
    path.unlink(missing_ok=True)
