"""A limit of time that costs a timer only where there is something to wait for, as there mostly is not."""

import asyncio
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What the work returns; TimeoutError where it has waited for so long, counted from where it first does."""
    try:
        awaited = work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    async with asyncio.timeout(seconds):
        return await _rest_of(work, awaited)


@coroutine
def _rest_of(work: Coroutine[Any, Any, T], awaited: object) -> Generator[object, None, T]:
    """As `await work`, where that has come to wait for something already."""
    try:
        while True:
            try:
                yield awaited
            except BaseException as error:  # noqa: BLE001 - it is for the work
                awaited = work.throw(error)
            else:
                awaited = work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
