"""The tutorial's own commands, run as they stand there against a demo: what it promises of asking and of changing is so."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.demo import all_online, judged, running_demo
from tests.support.documents import ROOT, blocks
from tests.support.up import UpProcess

TUTORIAL = list(blocks(ROOT / "docs" / "tutorial" / "first-hour.md", "sh"))
ENDED = {"SUCCEEDED", "FAILED", "REJECTED"}
"""One in fifty goes wrong on purpose, as the tutorial says."""
HAPPENED = {"TracedRequest", "TracedCommand", "TracedStep", "TracedAnswer"}


class Learner:
    """Somebody with a shell, who types what the tutorial shows."""

    def __init__(self, demo: UpProcess) -> None:
        self._demo = demo
        asking = next(block for block in TUTORIAL if "ask()" in block)
        self.first_question = asking.splitlines()[-1]
        self._shell = asking.removesuffix(f"{self.first_question}\n").replace("gh_...", str(demo.ready["admin_key"]))

    async def types(self, text: str) -> dict[str, Any]:
        script = f"{self._shell}{text}".replace("http://127.0.0.1:8080", self._demo.http)
        process = await asyncio.create_subprocess_exec("bash", "-ec", script, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
        answer = json.loads(out)
        assert "errors" not in answer, (text, answer)
        data: dict[str, Any] = answer["data"]
        return data

    async def types_until(self, text: str, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        async with asyncio.timeout(30):
            while not holds(found := await self.types(text)):
                await asyncio.sleep(0.2)
        return found


@pytest.mark.skipif(shutil.which("curl") is None, reason="not on this machine: curl")
async def test_the_house_answers_and_obeys_as_the_tutorial_says(tmp_path: Path) -> None:
    issue, look, trace = (block for block in TUTORIAL if "my-first" in block)
    async with running_demo(tmp_path, "--devices", "20") as demo:
        learner = Learner(demo)
        await all_online(demo)
        await learner.types_until(learner.first_question, lambda data: data["device"]["latest"])
        first, again = [(await learner.types(issue))["issueCommand"]["command"]["id"] for _ in range(2)]
        assert first == again
        (command,) = (await learner.types_until(look, _has_ended))["commands"]["nodes"]
        assert [step["state"] for step in command["steps"]][:2] == ["REQUESTED", "DISPATCHING"]
        await learner.types_until(trace, lambda data: data["trace"] and _kinds(data) >= HAPPENED)
        assert (await judged(demo))["lost"] == 0


def _has_ended(data: dict[str, Any]) -> bool:
    return {command["state"] for command in data["commands"]["nodes"]} <= ENDED


def _kinds(data: dict[str, Any]) -> set[str]:
    return {entry["__typename"] for entry in data["trace"]["entries"]}
