"""`react` killed at each point of a dispatch, and started again: a command is sent once or not at all, and ends once."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from adapters.mqtt.address import BrokerAddress
from glasshouse.stores import open_event_log_at
from tests.support.obedient import Desk, ObedientDevice, obedient
from tests.support.roles import Estate, Role
from tests.support.up import READY_SECONDS

PROGRAM = Path(__file__).with_name("react_until_killed.py")
ROUNDS = max(1, int(os.environ.get("GLASSHOUSE_TEST_KILLS", "20")) // 20)
SENT_AND_ENDED = {"before-append": (1, "succeeded"), "after-append": (0, "unknown"), "after-publish": (1, "succeeded")}


@pytest.mark.soak
@pytest.mark.timeout(120 + 60 * ROUNDS)
async def test_killed_at_each_point_of_a_dispatch_it_sends_once_or_never_and_ends_each_command_once(
    estate: Estate, tmp_path: Path
) -> None:
    await estate.role("ingest", "ingest").start()
    react = estate.role("react", "react")
    log = await open_event_log_at(estate.env["GLASSHOUSE_EVENT_LOG"])
    desk = Desk(log)
    await desk.register()
    async with obedient(BrokerAddress.parse(estate.env["GLASSHOUSE_MQTT"])) as device:
        for number in range(ROUNDS):
            for point in SENT_AND_ENDED:
                await _killed_at(point, f"{point}-{number}", react, desk, device)
        sent = list(device.commands)
        shutil.rmtree(tmp_path / "react" / "snapshots")
        await react.start()
        await desk.ask("last")
        assert await desk.ended("last") == "succeeded"
        assert device.commands == [*sent, "last"]
    assert await react.stop() == 0
    await log.close()


async def _killed_at(point: str, command: str, react: Role, desk: Desk, device: ObedientDevice) -> None:
    """The same role, on the same data folder, with a fault in it; then without."""
    process = await _started(point, react)
    await desk.ask(command, seconds=60 if point == "before-append" else 4)
    async with asyncio.timeout(60):
        assert await process.wait() == -9
    await react.start()
    sent, end = SENT_AND_ENDED[point]
    assert await desk.ended(command) == end, await desk.steps(command)
    assert device.commands.count(command) == sent
    assert await react.stop() == 0


async def _started(point: str, react: Role) -> asyncio.subprocess.Process:
    with react.errors.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(PROGRAM), point, "react", "--data", str(react.data), "--http", "127.0.0.1:0", "--json"),
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **react._env, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
    assert process.stdout is not None
    async with asyncio.timeout(READY_SECONDS):
        assert await process.stdout.readline(), react.errors.read_text()
    return process
