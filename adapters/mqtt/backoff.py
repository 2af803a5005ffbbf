"""How long to wait between attempts: doubling, with full jitter, so that a house of clients does not come back as one."""

import random
from typing import Final

_FIRST_S: Final = 0.2
_MOST_S: Final = 15.0


class Backoff:
    """Waits grow while attempts fail."""

    def __init__(self) -> None:
        self._next_s = _FIRST_S

    def wait_s(self) -> float:
        """The next wait."""
        most, self._next_s = self._next_s, min(2 * self._next_s, _MOST_S)
        return most * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing

    def reset(self) -> None:
        """An attempt went well."""
        self._next_s = _FIRST_S
