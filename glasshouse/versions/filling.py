"""The child that fills a version, as its parent sees it: started, listened to, and ended with whoever asked for it."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from glasshouse.versions.child import Fill, Told
from projections.rebuilds import RebuildRefusedError

_END_SECONDS: Final = 10.0
_LINE: Final = 1 << 20


class Filling(msgspec.Struct, frozen=True):
    """How far it is: 0 to 1, how long it will take by how it went so far, and how many events it has read."""

    progress: float
    eta_seconds: float | None
    events: int


class Estimate:
    """From places in the log to a part of the whole, and the time that is left."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: tuple[float, int] | None = None

    def after(self, told: Told) -> Filling:
        position, head, now = told.position or 0, told.head or 0, self._clock()
        if self._first is None:
            self._first = now, position
        began, start = self._first
        done = position - start
        eta = (now - began) * (head - position) / done if done > 0 else None
        return Filling(min(1.0, position / head) if head else 1.0, eta, told.events)


async def filled(wanted: Fill, watch: Callable[[Filling], None]) -> int:
    """Fill a version up to the head of the log; how many events that took. RebuildRefusedError where it failed."""
    async with _child(wanted) as child:
        estimate, events = Estimate(), 0
        assert child.stdout is not None  # noqa: S101  # for the type checker
        async for line in child.stdout:
            told = msgspec.json.decode(line, type=Told)
            if told.error is not None:
                raise RebuildRefusedError(told.error)
            if told.done:
                return events
            events = told.events
            watch(estimate.after(told))
        code = await child.wait()
        raise RebuildRefusedError(
            f"the process that filled the new version ended half-way (exit code {code}); begin again, and it goes on from there"
        )


@asynccontextmanager
async def _child(wanted: Fill) -> AsyncIterator[Process]:
    """The child. At the end it is told to go, and gone: the files of the version are nobody's then."""
    command = (sys.executable, "-m", "glasshouse.versions.child")
    child = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=_LINE)
    assert child.stdin is not None  # noqa: S101  # for the type checker
    try:
        child.stdin.write(msgspec.json.encode(wanted) + b"\n")
        yield child
    finally:
        child.stdin.close()
        await _gone(child)


async def _gone(child: Process) -> None:
    """It ends by itself once its stdin has; what does not is killed."""
    try:
        async with asyncio.timeout(_END_SECONDS):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()
    except asyncio.CancelledError:
        child.kill()
        raise
