"""What runs beside the demo's house, each in a process of its own: the simulated greenhouse, and the automation of it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.mqtt.child import Child
from glasshouse.errors import ExitCode, GlasshouseError


class CompanionFailedError(GlasshouseError):
    """One of them broke down, so there is nothing to judge."""

    exit_code = ExitCode.FOUND_WRONG


@asynccontextmanager
async def companion(what: str, arguments: Sequence[str], log: Path, secrets: Mapping[str, str]) -> AsyncIterator[Child]:
    """A Python program for as long as the block runs; CompanionFailedError, with its last words, where it failed by itself.

    What is secret goes into its environment: a command line can be read by everybody on the machine.
    """
    child = await Child.start([sys.executable, *arguments], log, env={**os.environ, **secrets})
    try:
        yield child
        if child.exit_code:
            raise CompanionFailedError(f"{what} ended: {child.last_words() or 'it says nothing'}")
    finally:
        await child.stop()


async def failed(child: Child) -> None:
    """Return once it has failed: never where it ends in order."""
    await child.died()
    if child.exit_code == 0:
        await asyncio.Event().wait()


async def first_of(**waits: Coroutine[Any, Any, object]) -> None:
    """Return once the first of them does."""
    tasks = [asyncio.create_task(wait, name=f"demo {name}") for name, wait in waits.items()]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
