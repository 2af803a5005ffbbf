"""A log in memory with a feed on it, and tasks that end with their test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from projections.feed import Feed
from tests.support.memory_log import MemoryLog

Spawn = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
async def spawn() -> AsyncIterator[Spawn]:
    """Starts tasks that are cancelled, and awaited, when the test ends."""
    tasks: list[asyncio.Task[Any]] = []

    def start(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        tasks.append(asyncio.create_task(work, name="test"))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def feed(log: MemoryLog, spawn: Spawn) -> Feed:
    running = Feed(log, page_size=5, retry_seconds=0.0)
    spawn(running.run())
    return running
