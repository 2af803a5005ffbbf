"""Who takes messages more slowly than they come, and for how long that is borne with."""

import asyncio

from api.errors import ApiError, ErrorCode


class TooSlowError(ApiError):
    """A subscription ends, since its reader does not keep up."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            ErrorCode.TOO_SLOW,
            f"messages were taken more slowly than they came, for {seconds:g} s: go on from the last cursor, and nothing is "
            "lost; ask with `everyMs`, and there are fewer",
        )


class Pace:
    """How long a reader has taken over his messages since he had seen all that there was.

    Who never had is catching up, and may take as long as he likes.
    """

    def __init__(self, allowed_seconds: float) -> None:
        self._allowed = allowed_seconds
        self._clock = asyncio.get_running_loop().time
        self._is_live = False
        self._held = 0.0
        self._handed_at = 0.0

    def hand(self) -> None:
        """A message is about to be handed to him."""
        self._handed_at = self._clock()

    def taken(self) -> None:
        """He took it, and asks for the next."""
        self._held += self._clock() - self._handed_at

    def saw_all(self) -> None:
        self._is_live, self._held = True, 0.0

    @property
    def is_too_slow(self) -> bool:
        return self._is_live and self._held > self._allowed
