"""How many may be inside at once: whoever comes when it is full is told so, and nobody waits in a line without an end."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.errors import limit_error

_LATER: Final = 1
"""Seconds after which it is worth to come again."""


class Admission:
    """Room for so many, and for so many of one key: no more is remembered than who is inside."""

    def __init__(self, what: str, room: int, of_one_key: int | None = None) -> None:
        self._what = what
        self._room = room
        self._of_one_key = room if of_one_key is None else of_one_key
        self._inside: Counter[str] = Counter()
        self._total = 0

    @contextmanager
    def enter(self, key_id: str = "") -> Iterator[None]:
        """Be inside; ApiError LIMIT_EXCEEDED where there is no room."""
        if self._total >= self._room:
            raise limit_error(self._what, self._room, self._total + 1, retry_after=_LATER)
        if self._inside[key_id] >= self._of_one_key:
            raise limit_error(f"{self._what} of one key", self._of_one_key, self._inside[key_id] + 1, retry_after=_LATER)
        self._total += 1
        self._inside[key_id] += 1
        try:
            yield
        finally:
            self._total -= 1
            self._inside[key_id] -= 1
            if not self._inside[key_id]:
                del self._inside[key_id]
