"""A limit of time: the same as `asyncio.timeout`, but for what does not wait."""

import asyncio

import pytest

from api.within import within

LONG = 60.0


async def ready() -> str:
    return "done"


async def waits(times: int) -> str:
    for _ in range(times):
        await asyncio.sleep(0)
    return (await asyncio.gather(ready(), asyncio.to_thread(str, times)))[1]


async def fails(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)
    raise LookupError("on purpose")


class Work:
    """Waits for what does not come, and takes its time to end."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.said: list[str] = []

    async def run(self) -> str:
        try:
            self.begun.set()
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.said.append("cancelled")
            raise
        finally:
            await asyncio.sleep(0)
            self.said.append("ended")
        return "never"


async def test_what_waits_for_nothing_is_in_time_whatever_the_limit() -> None:
    assert await within(0.0, ready()) == "done"


@pytest.mark.parametrize("times", [0, 1, 5])
async def test_what_comes_in_time_is_returned(times: int) -> None:
    assert await within(LONG, waits(times)) == str(times)


@pytest.mark.parametrize("times", [0, 1, 5])
async def test_what_fails_fails_as_it_would(times: int) -> None:
    with pytest.raises(LookupError, match="on purpose"):
        await within(LONG, fails(times))


async def test_what_takes_too_long_is_ended_in_order() -> None:
    work = Work()
    with pytest.raises(TimeoutError):
        await within(0.01, work.run())
    assert work.said == ["cancelled", "ended"]


async def test_whoever_is_cancelled_ends_his_work_in_order() -> None:
    work = Work()
    task = asyncio.create_task(within(LONG, work.run()))
    await work.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.said == ["cancelled", "ended"]


async def test_work_may_go_on_after_it_was_cancelled() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            return await waits(3)
        return "never"

    task = asyncio.create_task(within(LONG, stubborn()))
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "3"


async def test_a_limit_inside_a_limit_holds() -> None:
    work = Work()

    async def inner() -> str:
        try:
            return await within(0.01, work.run())
        except TimeoutError:
            return "too long"

    assert await within(LONG, inner()) == "too long"


async def test_work_that_nobody_goes_on_with_is_closed() -> None:
    closed: list[str] = []

    async def left() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            closed.append("closed")

    async def abandoned() -> None:
        step = within(LONG, left())
        step.send(None)
        step.close()

    await asyncio.create_task(abandoned())
    assert closed == ["closed"]
