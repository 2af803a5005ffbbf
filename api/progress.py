"""When to tell a subscriber how far was read, while nothing comes that he asked for."""

import asyncio
from collections.abc import Hashable


class Progress:
    """At once at first, then not too often, and never twice the same place."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._clock = asyncio.get_running_loop().time
        self._told_at = self._clock() - interval
        self._told: Hashable = None
        self._began = False
        self._owed = False

    def told(self, place: Hashable) -> None:
        self._told, self._told_at, self._began, self._owed = place, self._clock(), True, False

    def is_due(self, place: Hashable) -> bool:
        self._owed = not self._began or place != self._told
        return self._owed and self._clock() - self._told_at >= self._interval

    def patience(self) -> float | None:
        """How long to wait before what is owed is told; None: for as long as it takes."""
        return max(0.0, self._told_at + self._interval - self._clock()) if self._owed else None
