"""Pages of dead letters, which are as large as strangers made them: a page ends before it is too large for one answer."""

from typing import Final

from api.budget import Budget
from projections.queries import DeadLetterView, LineageQueries
from schema.envelope import Position

_READ_AT_FIRST: Final = 8
_READ_AT_MOST: Final = 64


async def read_letters(
    lineage: LineageQueries, size: int, before: Position | None, room: Budget
) -> tuple[list[DeadLetterView], bool]:
    """At most `size` letters, newest first, and whether more follow; ApiError where there is no room for the first."""
    letters: list[DeadLetterView] = []
    reading = _READ_AT_FIRST
    while True:
        asked = min(reading, size + 1 - len(letters))
        found = await lineage.dead_letters(first=asked, before=before)
        for letter in found:
            if len(letters) == size or (letters and not room.has(len(letter.payload))):
                return letters, True
            room.spend(len(letter.payload))
            letters.append(letter)
        if len(found) < asked:
            return letters, False
        before, reading = found[-1].position, min(2 * reading, _READ_AT_MOST)
