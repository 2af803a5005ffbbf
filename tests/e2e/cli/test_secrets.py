"""What everybody on the machine can read shows no secret of ours."""

import asyncio
from pathlib import Path

import psutil

from adapters.mqtt.credentials import credentials_in
from tests.support.up import launch


async def test_no_process_of_the_demo_shows_the_brokers_password(tmp_path: Path) -> None:
    address = ("--http", "127.0.0.1:0", "--mqtt", "0.0.0.0:0")  # beyond loopback the broker asks for accounts
    demo = await launch("demo", "--data", str(tmp_path / "data"), *address, "--json", errors=tmp_path / "errors")
    lines: list[str] = []
    try:
        async with asyncio.timeout(60):
            while not any("simulate" in line for line in lines):
                lines = _command_lines(demo.pid)
                assert demo.returncode is None, (tmp_path / "errors").read_text()
                await asyncio.sleep(0.02)
        ours = credentials_in(tmp_path / "data" / "broker").ours
        assert not [line for line in lines if ours.password in line]
    finally:
        demo.terminate()
        assert await demo.wait() == 0, (tmp_path / "errors").read_text()


def _command_lines(pid: int) -> list[str]:
    return [" ".join(child.cmdline()) for child in psutil.Process(pid).children(recursive=True)]
