"""What one answer may hold of that whose amount nobody can tell before it is made: counted on the way, and refused beyond."""

from api.errors import limit_error


class Budget:
    """So much of something, for one operation."""

    def __init__(self, limit: str, allowed: int) -> None:
        self._limit = limit
        self._allowed = allowed
        self._spent = 0

    def has(self, amount: int) -> bool:
        """Whether that much is left."""
        return self._spent + amount <= self._allowed

    def spend(self, amount: int, instead: str = "") -> None:
        """Take some of it; ApiError LIMIT_EXCEEDED where that is more than is left, and what to ask for instead."""
        if not self.has(amount):
            raise limit_error(self._limit, self._allowed, self._spent + amount, instead)
        self._spent += amount
