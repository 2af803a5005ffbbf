"""Pages of dead letters, which are as large as strangers made them: a page ends before it is too large for one answer."""

from typing import Final

from api.cursors import decode_position
from api.execution.budget import Budget
from api.types.paging import Page
from projections.lineage_queries import DeadLetterView, LetterState, LineageQueries

_READ_AT_FIRST: Final = 8
_READ_AT_MOST: Final = 64


async def read_letters(
    lineage: LineageQueries, page: Page, log_id: str, room: Budget, state: LetterState | None
) -> tuple[list[DeadLetterView], bool]:
    """The letters of a page, newest first, of that state or all, and whether there are more.

    ApiError where there is no room for the first.
    """
    older, newer = (None if cursor is None else decode_position(cursor, log_id) for cursor in (page.after, page.before))
    letters: list[DeadLetterView] = []
    reading = _READ_AT_FIRST
    while True:
        asked = min(reading, page.size + 1 - len(letters))
        found = await lineage.dead_letters(first=asked, before=older, since=newer, oldest=page.backwards, state=state)
        for letter in reversed(found) if page.backwards else found:
            if len(letters) == page.size or (letters and not room.has(len(letter.payload))):
                return _newest_first(letters, page), True
            room.spend(len(letter.payload))
            letters.append(letter)
        if len(found) < asked:
            return _newest_first(letters, page), False
        if page.backwards:
            newer = found[0].position
        else:
            older = found[-1].position
        reading = min(2 * reading, _READ_AT_MOST)


def _newest_first(letters: list[DeadLetterView], page: Page) -> list[DeadLetterView]:
    return letters[::-1] if page.backwards else letters
