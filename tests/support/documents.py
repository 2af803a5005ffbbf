"""The code blocks of our documents: what they show is what tests run."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: its language, and its text."""

    language: str
    text: str


def blocks(document: Path, language: str) -> Iterator[str]:
    """The texts of a document's blocks in that language, in order."""
    for found in _FENCE.finditer(document.read_text(encoding="utf-8")):
        block = Block(*found.groups())
        if block.language == language:
            yield block.text


def documents() -> list[Path]:
    """All that people read: the README and what is under `docs/`."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
