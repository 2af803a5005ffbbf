"""Clients that others wrote, from npm: installed as their lock says, kept for the next run with the same lock."""

import asyncio
import fcntl
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parents[1] / "npm"


async def run(
    *command: str, cwd: Path, seconds: float = 90, env: Mapping[str, str] | None = None
) -> tuple[int | None, str, str]:
    """Run a command to its end: exit code, stdout, stderr."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env={**os.environ, **(env or {})}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, out.decode(), err.decode()


def program() -> str:
    """Node itself."""
    found = shutil.which("node")
    assert found is not None
    return found


async def node(package: Path, script: str, *arguments: str, seconds: float = 90) -> str:
    """What a script of an installed package prints; it must end well."""
    code, out, err = await run(program(), script, *arguments, cwd=package, seconds=seconds)
    assert code == 0, (out, err)
    return out


async def installed(package: Path, cache: pytest.Cache) -> Path:
    """A copy of a package of ours with all it needs beside it; the test is skipped where that cannot be had."""
    npm = shutil.which("npm")
    if shutil.which("node") is None or npm is None:
        pytest.skip("node and npm are not on this machine")
    folder = cache.mkdir(f"npm-{package.name}")
    with (folder / "alone").open("w") as alone:  # the tests run in several processes
        await asyncio.to_thread(fcntl.flock, alone, fcntl.LOCK_EX)
        await _install(npm, package, folder)
    return folder


async def _install(npm: str, package: Path, folder: Path) -> None:
    shutil.copytree(package, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "build"))
    lock, done = (package / "package-lock.json").read_text(), folder / "installed"
    if done.exists() and done.read_text() == lock:
        return
    code, _, errors = await run(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder)
    if code != 0:
        pytest.skip(f"npm ci could not install {package.name}: {errors[-300:]}")
    done.write_text(lock)
