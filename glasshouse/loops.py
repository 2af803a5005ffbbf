"""How a command runs its coroutine: on uvloop where it exists, with a switch interval that suits one busy loop and threads."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

T = TypeVar("T")

_SWITCH_SECONDS: Final = 0.001
"""A store's thread that comes back from the disk waits no longer than this for a busy loop."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end. SIGTERM and Ctrl-C cancel it, and end as KeyboardInterrupt."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_until_told(main))


def told_to_stop() -> asyncio.Event:
    """Set by SIGTERM or Ctrl-C, which from now on cancel nothing: whoever asks for it ends in order."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


@contextmanager
def spared_collector() -> Iterator[None]:
    """What was made at the start stays: the garbage collector need not stop the process to look at it again and again."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def _until_told(main: Coroutine[Any, Any, T]) -> T:
    work = asyncio.ensure_future(main)
    told = False

    def tell() -> None:
        nonlocal told
        told = True
        work.cancel()

    loop = asyncio.get_running_loop()
    # Ctrl-C by hand too: who is started in the background inherits it as ignored, and asyncio then leaves it so.
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, tell)
    try:
        return await work
    except asyncio.CancelledError:
        if told:
            raise KeyboardInterrupt from None
        raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415  # not on every platform
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
