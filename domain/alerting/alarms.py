"""When time alone has something to settle, for many at once: each is woken no later than it asked, and seldom for nothing."""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import TypeAlias

Key: TypeAlias = tuple[str, ...]


class Alarms:
    """At most one alarm stands for each key, unless an earlier one is asked for: who is woken too early asks again."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, Key]] = []
        self._set: dict[Key, int] = {}

    def set(self, key: Key, due_us: int) -> None:
        """Wake it then, or before."""
        standing = self._set.get(key)
        if standing is None or due_us < standing:
            self._set[key] = due_us
            heappush(self._heap, (due_us, key))

    def ring(self, now_us: int) -> Iterator[Key]:
        """Those whose alarm is due by now, those that ask again meanwhile too."""
        while self._heap and self._heap[0][0] <= now_us:
            due_us, key = heappop(self._heap)
            if self._set.get(key) == due_us:
                del self._set[key]
                yield key

    def next_us(self) -> int | None:
        """When the next is due; None where none is set."""
        return self._heap[0][0] if self._heap else None
