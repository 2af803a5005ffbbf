"""The appends of one call, many of them under way, and yet stored in the order given, over all streams.

A server stores the requests of one BatchAppend call in the order in which they come. So it is enough to send them in order,
none before one that has to wait, and none after one that failed.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from adapters.event_log.esdb.appends import UNDER_WAY, Order
from adapters.event_log.port import Append, Appended, Conflict

Result = Appended | Conflict


async def in_order(appends: Sequence[Append], append: Callable[[Append, Order], Coroutine[Any, Any, Result]]) -> list[Result]:
    """A result for each; the first error, and then none of them is waited for any more."""
    order, done = Order(), []
    under_way: deque[tuple[str, asyncio.Task[Result]]] = deque()
    try:
        for each in appends:
            while len(under_way) == UNDER_WAY or any(stream == each.stream for stream, _ in under_way):
                done.append(await _oldest(under_way))
            under_way.append((each.stream, asyncio.create_task(append(each, order), name="event-log-append-one")))
        while under_way:
            done.append(await _oldest(under_way))
    finally:
        order.broken = True
        for _, task in under_way:
            task.cancel()
        await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)
    return done


async def _oldest(under_way: deque[tuple[str, asyncio.Task[Result]]]) -> Result:
    """They are answered in order, too."""
    result = await under_way[0][1]
    under_way.popleft()
    return result
