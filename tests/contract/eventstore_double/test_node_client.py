"""The double is EventStoreDB to a client that nothing of ours is built on: EventStore's own for Node."""

import asyncio
import fcntl
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.eventstore.process import Double

PACKAGE = Path(__file__).parents[2] / "npm" / "eventstore"
NODE, NPM = shutil.which("node"), shutil.which("npm")


async def _run(*command: str, cwd: Path) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(90):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
async def package(cache: pytest.Cache) -> Path:
    """The client, installed as its lock says; kept for the next run with the same lock."""
    if NODE is None or NPM is None:
        pytest.skip("node and npm are not on this machine")
    folder = cache.mkdir("eventstore-node-client")
    with (folder / "lock").open("w") as alone:  # the tests run in several processes
        await asyncio.to_thread(fcntl.flock, alone, fcntl.LOCK_EX)
        await _install(NPM, folder)
    return folder


async def _install(npm: str, folder: Path) -> None:
    shutil.copy(PACKAGE / "client.mjs", folder)
    lock = (PACKAGE / "package-lock.json").read_text()
    installed = folder / "installed"
    if installed.exists() and installed.read_text() == lock:
        return
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(PACKAGE / name, folder)
    code, _, errors = await _run(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder)
    if code != 0:
        pytest.skip(f"npm ci could not install the client: {errors[-300:]}")
    installed.write_text(lock)


def _refused(error: str, kind: str) -> Mapping[str, str]:
    return {"error": error, "type": kind}


NOT_FOUND = _refused("StreamNotFoundError", "stream-not-found")
WRONG_VERSION = _refused("WrongExpectedVersionError", "wrong-expected-version")
DELETED = _refused("StreamDeletedError", "stream-deleted")

SEEN: Mapping[str, Any] = {
    "append": {"success": True, "next": [1, 2], "grows": True},
    "unary": {"success": True, "next": 1, "refused": WRONG_VERSION},
    "read": {
        "forwards": [[1, 2, "SensorReading", "device-1"], [2, 3, "SensorReading", "device-1"]],
        "backwards": [2, 1],
        "everywhere": 3,
        "created": True,
        "missing": NOT_FOUND,
    },
    "conflict": {"repeated": True, "refused": WRONG_VERSION, "ahead": WRONG_VERSION},
    "delete": {"gone": NOT_FOUND, "back": [2], "wrong": WRONG_VERSION, "ended": DELETED},
    "subscribe": {"seen": [1, 2]},
    "filtered": {"seen": ["RareEvent"], "checkpoints": 4, "ordered": True, "within": True},
}


@pytest.mark.parametrize("scenario", SEEN)
async def test_the_node_client_sees_what_it_sees_of_a_server(double: Double, package: Path, scenario: str) -> None:
    assert NODE is not None
    code, out, err = await _run(NODE, "client.mjs", f"esdb://{double.address}?tls=false", scenario, cwd=package)
    assert code == 0, err
    assert json.loads(out) == SEEN[scenario]
