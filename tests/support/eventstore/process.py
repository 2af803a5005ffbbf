"""The double as a process that a test starts, stops, kills, freezes and starts again on the same ports."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.eventstore.switch import Switch

ROOT = Path(__file__).parents[3]
READY_SECONDS = 30.0


class Double:
    """One server process. `arguments` are those of `python -m tests.support.eventstore`; its journal lies in `folder`."""

    def __init__(self, folder: Path, *arguments: str, port: int = 0, journal: bool = True) -> None:
        self.port = port
        self._control = 0
        self._errors = folder / "eventstore.err"
        self._arguments = [*arguments, *(("--journal", str(folder / "eventstore.journal")) if journal else ())]
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """For a client without TLS and without a user."""
        return f"esdb://{self.address}?Tls=false"

    @property
    def switch(self) -> Switch:
        return Switch(self._control)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Return once it takes calls; at the ports that it had before."""
        with self._errors.open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.support.eventstore", "--until-stdin-closes", *self._arguments),
                *("--port", str(self.port), "--control", str(self._control)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(READY_SECONDS):
            line = await self._process.stdout.readline()
        assert line, self._errors.read_text()
        ready = json.loads(line)
        self.port, self._control = ready["port"], ready["control"]

    async def stop(self) -> None:
        """End it in order."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it as a power cut would."""
        await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """Kill it and start it again."""
        await self.kill()
        await self.start()

    def pause(self) -> None:
        """SIGSTOP: its sockets are open and nobody is there."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def errors(self) -> str:
        """What it wrote to stderr."""
        return self._errors.read_text()

    async def _end(self, with_signal: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(signal.SIGCONT)
            process.send_signal(with_signal)
        assert process.stdin is not None
        await process.wait()
        process.stdin.close()


@asynccontextmanager
async def eventstore(folder: Path, *arguments: str, journal: bool = True) -> AsyncIterator[Double]:
    """A running double for as long as the block runs."""
    double = Double(folder, *arguments, journal=journal)
    await double.start()
    try:
        yield double
    finally:
        await double.kill()
