"""Long lists give way: after a few items whoever else waits for the event loop has its turn."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

SHORT: Final = 20
"""A list up to this long is done in one go."""
_TURN: Final = 10


async def sliced(items: Sequence[Any]) -> AsyncIterator[Any]:
    """The items in order, with a pause for others after every few."""
    for number, item in enumerate(items, 1):
        yield item
        if number % _TURN == 0:
            await asyncio.sleep(0)
