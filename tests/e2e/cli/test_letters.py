"""Dead letters from the command line, as the document shows it, against a house that runs and against none."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.support.delivering import item
from tests.support.documents import ROOT, blocks
from tests.support.ingest import reading
from tests.support.up import UpProcess, glasshouse, running_up

DOCUMENT = ROOT / "docs" / "how-to" / "dead-letters.md"
BROKEN = item({"reading": {"temperature": "hot"}})


async def post(up: UpProcess, *items: dict[str, Any]) -> list[dict[str, Any]]:
    headers = {"authorization": f"Bearer {up.ready['admin_key']}"}
    async with httpx.AsyncClient(base_url=up.http, trust_env=False) as client:
        results: list[dict[str, Any]] = (await client.post("/ingest", json=items, headers=headers)).json()["results"]
    return results


async def test_each_command_of_the_document_does_what_it_says(tmp_path: Path) -> None:
    data, errors = tmp_path / "data" / "house", tmp_path / "errors.log"
    (script,) = blocks(DOCUMENT, "sh")
    listing, replay, repair = script.splitlines()
    async with running_up(data, errors=errors) as up:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "GLASSHOUSE_KEY": up.ready["admin_key"], "ID": ""}

        async def shell(line: str) -> tuple[int, list[dict[str, Any]]]:
            process = await asyncio.create_subprocess_shell(
                f"{line} --json", stdout=asyncio.subprocess.PIPE, env=environment, cwd=tmp_path
            )
            out, _ = await process.communicate()
            assert process.returncode is not None
            return process.returncode, [json.loads(each) for each in out.splitlines()]

        _, broken, strayed = await post(up, item(), BROKEN, item(reading(1), site="south"))
        async with asyncio.timeout(20):
            while not (found := (await shell(listing))[1]):
                await asyncio.sleep(0.05)
        assert [(one["id"], one["state"], one["code"]) for one in found] == [(*broken["eventIds"], "open", "wrong_type")]
        code, sent = await shell(replay)
        assert (code, [(one["id"], one["state"]) for one in sent]) == (1, [(*strayed["eventIds"], "superseded")])
        environment["ID"] = found[0]["id"]
        code, [mended] = await shell(repair)
        assert (code, mended["state"], len(mended["replay"]["eventIds"])) == (0, "replayed", 1)
        assert await up.stop() == 0


async def test_where_no_house_runs_it_is_said_that_one_must(tmp_path: Path) -> None:
    code, _, err = await glasshouse("letters", "replay", "--all", "--data", str(tmp_path))
    assert (code != 0, "no house runs on" in err) == (True, True)
    code, _, err = await glasshouse("letters", "replay", "--data", str(tmp_path))
    assert (code != 0, "by their ids" in err) == (True, True)
