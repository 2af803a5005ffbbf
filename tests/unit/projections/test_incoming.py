"""When windows are due."""

import asyncio
from collections.abc import Callable

import pytest

from adapters.event_log.iterating import closing
from projections.incoming import Incoming, Pace
from schema.envelope import EVERYTHING, Position

PAUSE = 1.0


class Clock:
    """Seconds that only pass where a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def when(incoming: Incoming, happens: Callable[[], None]) -> bool:
    """Whether windows become due, once the first making is over and that has happened."""
    async with closing(incoming.follow(None, only=EVERYTHING)) as pages:
        incoming.begin(None, anew=True)
        await anext(pages)
        incoming.take()
        incoming.done()
        due = asyncio.ensure_future(anext(pages))
        await asyncio.sleep(0)
        happens()
        for _ in range(10):
            await asyncio.sleep(0)
        found = due.done()
        due.cancel()
        await asyncio.gather(due, return_exceptions=True)
        return found


@pytest.mark.parametrize(
    ("caught_up", "seconds", "asked", "expected"),
    [
        ([False, False], 5 * PAUSE, False, False),
        ([False, False], 0, True, False),
        ([False, True], 0, False, False),
        ([False, True], PAUSE, False, True),
        ([False, True], 0, True, True),
        ([True, False], PAUSE, False, True),
        ([True, False], 0, True, True),
    ],
    ids=[
        "catching up waits for its rows",
        "also where somebody waits",
        "caught up waits for its pause",
        "and no longer",
        "somebody waits",
        "readings come in all the time",
        "and somebody waits",
    ],
)
async def test_windows_are_due(caught_up: list[bool], seconds: float, asked: bool, expected: bool) -> None:
    clock = Clock()
    incoming = Incoming(Pace(pause_seconds=PAUSE), clock=clock)

    def happens() -> None:
        clock.now += seconds
        if asked:
            incoming.hurry()
        for position, is_caught_up in enumerate(caught_up):
            incoming.reached(Position(position), caught_up=is_caught_up)

    assert await when(incoming, happens) is expected


async def test_enough_rows_are_due_while_catching_up() -> None:
    incoming = Incoming(Pace(rows=0))
    assert await when(incoming, lambda: incoming.reached(Position(1), caught_up=False))
