"""A broker as a child process: it dies with us, listens before we go on, and its last words are kept."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

_READY_S: Final = 10
_POLL_S: Final = 0.02
_STOP_S: Final = 10
_LAST_WORDS: Final = 500

# Runs before the broker, in its place: asks the kernel to kill it when we die, even by kill -9. Elsewhere than on Linux there
# is no such request, and a broker outlives a killed parent. Not a preexec_fn, which forks a process that has threads.
_LAUNCHER: Final = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


class ChildDiedError(Exception):
    """The process ended while it was needed; the message holds its last words."""


class Child:
    """A running process."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @classmethod
    async def start(cls, command: Sequence[str], log: Path, *, env: Mapping[str, str] | None = None) -> Self:
        """Start `command`, its output going to the file `log`, begun anew; `env` None: in our own environment."""
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), *command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                # Out of the terminal's reach: Ctrl-C is for us, and we stop the broker last.
                start_new_session=True,
            )
        return cls(process, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative where a signal ended it."""
        return self._process.returncode

    async def listening(self, host: str, ports: Sequence[int]) -> None:
        """Return once all ports take connections; ChildDiedError or TimeoutError where they never do."""
        async with asyncio.timeout(_READY_S):
            for port in ports:
                while not await takes_connections(host, port):
                    if self.exit_code is not None:
                        raise ChildDiedError(self.last_words())
                    await asyncio.sleep(_POLL_S)

    async def died(self) -> str:
        """Return its last words once it has ended, whatever the reason."""
        await self._process.wait()
        return self.last_words()

    async def stop(self) -> None:
        """Ask it to end, and make it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def reload(self) -> None:
        """Have it read its files anew, as servers do at a SIGHUP."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """End it without asking."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def last_words(self) -> str:
        """The end of its output."""
        return self._log.read_bytes()[-_LAST_WORDS:].decode("utf-8", "replace").strip()


async def takes_connections(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
