"""`glasshouse demo` as a process of its own, and programs that ask it for something."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.documents import ROOT
from tests.support.up import READY_SECONDS, UpProcess, launch

EXAMPLES = ROOT / "docs" / "examples"


@asynccontextmanager
async def running_demo(folder: Path, *arguments: str) -> AsyncIterator[UpProcess]:
    """A demo for as long as the block runs."""
    where = ("--data", str(folder / "data"), "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--json")
    process = await launch("demo", *where, *arguments, errors=folder / "errors.log")
    assert process.stdout is not None
    async with asyncio.timeout(READY_SECONDS):
        line = await process.stdout.readline()
    assert line, (folder / "errors.log").read_text()
    demo = UpProcess(process, json.loads(line))
    try:
        yield demo
    finally:
        if process.returncode is None:
            await demo.kill()


async def all_online(demo: UpProcess) -> None:
    """Return once all devices have said that they are there: from then on they take commands."""
    headers = {"authorization": f"Bearer {demo.ready['admin_key']}"}
    body = {"query": "{ devices(first: 100) { nodes { status } } }"}
    async with (
        httpx.AsyncClient(base_url=demo.http, headers=headers, trust_env=False) as client,
        asyncio.timeout(READY_SECONDS),
    ):
        while True:
            devices = (await client.post("/graphql", json=body)).json()["data"]["devices"]["nodes"]
            if all(device["status"] == "ONLINE" for device in devices):
                return
            await asyncio.sleep(0.1)


async def judged(demo: UpProcess) -> dict[str, Any]:
    """Tell it to stop; the oracle's report."""
    demo.process.terminate()
    out, _ = await demo.process.communicate()
    assert demo.process.returncode == 0, out.decode()
    report: dict[str, Any] = json.loads(out.decode().splitlines()[-1])
    return report


async def example(name: str, demo: UpProcess, *arguments: str) -> asyncio.subprocess.Process:
    """A program of the documentation, asking that house."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLES / name), "--url", f"{demo.http}/graphql", *arguments),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "GLASSHOUSE_KEY": str(demo.ready["admin_key"])},
    )
