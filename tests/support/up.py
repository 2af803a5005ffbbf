"""`glasshouse up` and `glasshouse simulate` as processes of their own, for tests that kill them."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

READY_SECONDS = 60.0


class UpProcess:
    """One `up`, in a process group of its own. `ready` is what its first line said; the group can be killed at any moment."""

    def __init__(self, process: asyncio.subprocess.Process, ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready

    @property
    def http(self) -> str:
        return str(self.ready["http"])

    async def kill(self) -> None:
        """As a power cut would: the whole group at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM, and its exit code."""
        self.process.terminate()
        return await self.process.wait()


async def launch(*arguments: str, errors: Path, env: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
    """A glasshouse command in a process group of its own, its stderr appended to a file, and where it was if it crashes."""
    with errors.open("ab") as stderr:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "glasshouse", *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
            env={**os.environ, "PYTHONFAULTHANDLER": "1", **(env or {})},
        )


async def start_up(
    data: Path,
    *,
    mqtt: str = "127.0.0.1:0",
    http: str = "127.0.0.1:0",
    errors: Path,
    env: Mapping[str, str] | None = None,
) -> UpProcess:
    """An `up` that is ready."""
    process = await launch("up", "--data", str(data), "--http", http, "--mqtt", mqtt, "--json", errors=errors, env=env)
    assert process.stdout is not None
    async with asyncio.timeout(READY_SECONDS):
        line = await process.stdout.readline()
    assert line, errors.read_text()
    return UpProcess(process, json.loads(line))


@asynccontextmanager
async def running_up(
    data: Path, *, mqtt: str = "127.0.0.1:0", errors: Path, env: Mapping[str, str] | None = None
) -> AsyncIterator[UpProcess]:
    """An `up` for as long as the block runs."""
    up = await start_up(data, mqtt=mqtt, errors=errors, env=env)
    try:
        yield up
    finally:
        if up.process.returncode is None:
            await up.kill()


async def glasshouse(*arguments: str, env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Run a command to its end: exit code, stdout, stderr."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "glasshouse", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(env or {})},
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def judged(ledger: Path, data: Path, *options: str) -> dict[str, Any]:
    """What the oracle says of a ledger and a data folder at rest, where it finds nothing wrong."""
    code, out, err = await glasshouse("audit-ledger", str(ledger), "--data", str(data), "--json", *options)
    report: dict[str, Any] = json.loads(out)
    assert code == 0, (report, err)
    return report


def simulate_arguments(mqtt: str, ledger: Path, *, rate: int, devices: int = 20, seconds: float | None = None) -> Sequence[str]:
    """The arguments of `simulate`."""
    arguments = ["simulate", "--mqtt", mqtt, "--ledger", str(ledger), "--rate", str(rate), "--devices", str(devices), "--json"]
    return arguments if seconds is None else [*arguments, "--seconds", str(seconds)]
