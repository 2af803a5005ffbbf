"""graphql-yoga from npm over a plain object, and autocannon, which asks it and us."""

import asyncio
import json
import os
import resource
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from bench.npm import installed

PACKAGES: Final = ("graphql-yoga@5.24.1", "graphql@16.15.0", "autocannon@9.0.0")
HERE: Final = Path(__file__).parent


async def programs() -> Path:
    """Where both are installed; FileNotFoundError where they cannot be had."""
    return await installed("yoga", *PACKAGES)


@asynccontextmanager
async def yoga(folder: Path, answer: object) -> AsyncIterator[tuple[str, int]]:
    """A server that gives that answer's data; its address and its process id."""
    home = await programs()
    script = Path(shutil.copy(HERE / "yoga.mjs", home))  # Node looks for packages beside the script
    (folder / "answer.json").write_text(json.dumps(answer))
    process = await asyncio.create_subprocess_exec(
        *("node", str(script), str(HERE.parent / "schema.graphql"), str(folder / "answer.json")),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "NODE_ENV": "production"},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            port = int(await process.stdout.readline())
        yield f"http://127.0.0.1:{port}/graphql", process.pid
    finally:
        process.terminate()
        await process.wait()


async def ask(
    url: str, body: str, expected: str, *, headers: Mapping[str, str], seconds: int, connections: int
) -> dict[str, Any]:
    """Ask the same all the time over so many connections, and look at each answer: what autocannon tells, as it tells it."""
    home = await programs()
    given = [part for name, value in headers.items() for part in ("-H", f"{name}={value}")]
    process = await asyncio.create_subprocess_exec(
        *("node", str(home / "node_modules" / "autocannon" / "autocannon.js")),
        *("--json", "--no-progress", "--method", "POST", *given, "--body", body, "--expectBody", expected),
        *("--connections", str(connections), "--duration", str(seconds), url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    out, _ = await process.communicate()
    told: dict[str, Any] = json.loads(out)
    wrong = {name: told[name] for name in ("errors", "timeouts", "mismatches", "non2xx") if told[name]}
    assert not wrong, wrong
    return told


def asking_seconds() -> float:
    """The processor time of those who asked, so far: servers are still running and do not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
