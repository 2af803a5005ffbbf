"""How many may be inside at once: whoever comes when it is full is told so, and nobody waits in a line without an end."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.errors import limit_error


class Admission:
    """Room for so many."""

    def __init__(self, what: str, room: int) -> None:
        self._what = what
        self._room = room
        self._inside = 0

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Be inside; ApiError LIMIT_EXCEEDED where there is no room."""
        if self._inside >= self._room:
            raise limit_error(self._what, self._room, self._inside + 1)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
