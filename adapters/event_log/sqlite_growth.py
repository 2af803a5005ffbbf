"""Wakes those who wait for an SQLite event log to grow: at once after commits of this process, soon after those of others."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from adapters.event_log.port import LogError

POLL_SECONDS: Final = 0.025
"""How soon the commit of another process is seen."""


class Growth:
    """How far the log is known to have grown. `find_head` asks the file."""

    def __init__(self, head: int, find_head: Callable[[], Awaitable[int]]) -> None:
        self._head = head
        self._find_head = find_head
        self._next = asyncio.Event()
        self._waited_for = asyncio.Event()
        self._waiting = 0

    @property
    def next(self) -> asyncio.Event:
        """Set when the log grows beyond what was there when it was asked for: ask first, then read, then wait."""
        return self._next

    def reached(self, head: int) -> None:
        if head > self._head:
            self._head = head
            self.wake()

    def wake(self) -> None:
        """Let all who wait look again."""
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, growth: asyncio.Event) -> None:
        """Wait for an event that `next` gave."""
        self._waiting += 1
        self._waited_for.set()
        try:
            await growth.wait()
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._waited_for.clear()

    async def watch(self) -> None:
        """Look for commits of other processes for as long as anybody waits."""
        while True:
            await self._waited_for.wait()
            await asyncio.sleep(POLL_SECONDS)
            try:
                self.reached(await self._find_head())
            except LogError as error:
                structlog.get_logger().warning("event_log_not_readable", reason=str(error))
                await asyncio.sleep(1)
