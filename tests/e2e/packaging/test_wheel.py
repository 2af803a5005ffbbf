"""The built wheel, outside the checkout: it holds all that it needs, the page's files included."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.built_page import BUILT
from tests.support.documents import ROOT


def _installed(folder: Path) -> Path:
    """The wheel, built from the checkout and unpacked into a folder of its own."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("glasshouse-*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(folder / "site"), str(wheel)], check=True)
    return folder / "site"


def _where(environment: dict[str, str], folder: Path) -> Path:
    """Where the package comes from."""
    ask = [sys.executable, "-c", "import glasshouse, sys; sys.stdout.write(glasshouse.__file__)"]
    return Path(subprocess.run(ask, env=environment, cwd=folder, check=True, capture_output=True, text=True).stdout)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_the_wheel_runs_outside_the_checkout_and_serves_the_page(tmp_path: Path) -> None:
    site = await asyncio.to_thread(_installed, tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    assert _where(environment, tmp_path).is_relative_to(site)
    assert _files(site / "api" / "web") == _files(BUILT)
    assert not (site / "web").exists()
    arguments = ["up", "--data", str(tmp_path / "data"), "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--json"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "glasshouse", *arguments), env=environment, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    ready = json.loads(await process.stdout.readline())
    async with httpx.AsyncClient(base_url=ready["http"], trust_env=False) as client:
        page = await client.get("/")
        assert page.headers["content-type"].startswith("text/html")
        assert "Glasshouse" in page.text  # itself where the checkout built it, else how to get it
        assert "default-src 'none'" in page.headers["content-security-policy"]
        readiness = await client.get("/readyz")
        assert readiness.status_code == 200, readiness.text
        explorer = await client.get("/graphiql")
        assert "GraphiQL" in explorer.text  # itself where the checkout built it, else how to get it
    process.terminate()
    assert await process.wait() == 0
