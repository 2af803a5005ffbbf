"""How to post readings, as it stands in the document: each command by a shell, against a house of its own."""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.documents import ROOT, blocks
from tests.support.up import UpProcess, running_up

DOCUMENT = ROOT / "docs" / "how-to" / "post-readings.md"
NEEDED = [tool for tool in ("curl", "gzip") if shutil.which(tool) is None]


async def shell(script: str, up: UpProcess, folder: Path, **more: str) -> str:
    """What the block prints, against that house."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "GLASSHOUSE_KEY": up.ready["admin_key"], "no_proxy": "*", **more}
    own = script.replace("data/house", str(folder / "house")).replace("http://127.0.0.1:8080", up.http)
    process = await asyncio.create_subprocess_shell(own, stdout=asyncio.subprocess.PIPE, env=environment, cwd=folder)
    out, _ = await process.communicate()
    assert process.returncode == 0, script
    return out.decode()


@pytest.mark.skipif(bool(NEEDED), reason=f"not on this machine: {', '.join(NEEDED)}")
async def test_each_command_of_the_document_does_what_it_says(tmp_path: Path) -> None:
    issue, one, many = blocks(DOCUMENT, "sh")
    async with running_up(tmp_path / "house", errors=tmp_path / "errors.log") as up:
        issued = json.loads(await shell(issue.replace("keys issue", "keys issue --json"), up, tmp_path))
        key = issued["secret"]
        first = json.loads(await shell(one, up, tmp_path, KEY=key))
        assert [each["result"] for each in first["results"]] == ["stored"]
        lines = json.loads(await shell(many, up, tmp_path, KEY=key))
        assert [each["result"] for each in lines["results"]] == ["stored", "stored"]
        again = json.loads(await shell(many, up, tmp_path, KEY=key))
        assert [each["result"] for each in again["results"]] == ["duplicate", "duplicate"]
        assert await up.stop() == 0
