"""Programs that command the demo's greenhouse over the public API, with all that goes wrong in it: nothing is unaccounted."""

import json
from pathlib import Path

import pytest

from tests.support.demo import all_online, example, judged, running_demo

COUNT = 1000
ENDS = {"succeeded", "failed", "rejected", "expired", "timed_out", "unknown", "cancelled"}


@pytest.mark.timeout(360)  # ten seconds of commands, and what a busy machine makes of them
async def test_a_thousand_commands_each_end_in_one_state(tmp_path: Path) -> None:
    async with running_demo(tmp_path, "--devices", "100") as demo:
        await all_online(demo)
        program = await example("thousand_commands.py", demo, "--count", str(COUNT), "--rate", "100")
        out, _ = await program.communicate()
        summary = json.loads(out)
        assert program.returncode == 0, summary
        assert (summary["issued"], summary["unaccounted"], sum(summary["ended"].values())) == (COUNT, 0, COUNT)
        assert summary["ended"].keys() <= ENDS
        assert summary["ended"]["succeeded"] > COUNT * 0.9
        report = await judged(demo)
    assert (report["lost"], report["double_counted"], report["invented"], report["diverged"]) == (0, 0, 0, [])


async def test_a_house_is_kept_in_range_and_every_command_is_told(tmp_path: Path) -> None:
    async with running_demo(tmp_path, "--devices", "10") as demo:
        program = await example("keep_in_range.py", demo, "--keep", "temperature -50 -40 lamps off on", "--every", "0.2")
        assert program.stdout is not None
        first = json.loads(await program.stdout.readline())
        while first["state"] == "refused":
            first = json.loads(await program.stdout.readline())
        assert (first["deviceId"], first["actuatorId"], first["value"]) == ("actuators-1", "lamps", "on")
        assert first["state"] in ENDS
        program.terminate()
        out, _ = await program.communicate()
        *told, account = [json.loads(line) for line in out.decode().splitlines()]
        assert program.returncode == 0
        assert sum(account.values()) >= 1 + len(told)
        assert account.get("under_way", 0) == 0
        await judged(demo)
    assert "Error" not in (tmp_path / "data" / "demo-automation.log").read_text()
