"""What the containers run, run as processes: the secrets, the broker's configuration, and the health check."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.mqtt.mosquitto import find_mosquitto
from adapters.mqtt.ports import choose_ports
from tests.support.compose import FOLDER, compose
from tests.support.up import glasshouse, running_up

MOSQUITTO = find_mosquitto()


def make_secrets(folder: Path) -> str:
    command = [sys.executable, "-I", str(FOLDER / "make_secrets.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_secrets_are_made_once_for_no_eyes_but_ours(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert len(make_secrets(folder).splitlines()) == len(list(folder.iterdir()))
    assert {Path(one["file"]).name for one in compose()["secrets"].values()} <= {file.name for file in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert make_secrets(folder) == ""
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_the_broker_s_passwords_are_of_one_making(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    before = (tmp_path / "mqtt").read_text()
    (tmp_path / "mosquitto_passwords").unlink()
    assert make_secrets(tmp_path).count("made ") == 3
    assert (tmp_path / "mqtt").read_text() != before


@asynccontextmanager
async def broker(folder: Path) -> AsyncIterator[int]:
    """Mosquitto with the configuration of the compose file: its paths and its port are the machine's."""
    port, _ = choose_ports("127.0.0.1", 0, one_for_both=True)
    text = (FOLDER / "mosquitto/mosquitto.conf").read_text()
    for inside, here in (
        ("1883 0.0.0.0", f"{port} 127.0.0.1"),
        ("/run/secrets", str(folder)),
        ("/mosquitto/config", str(FOLDER / "mosquitto")),
        ("/mosquitto/data", str(folder)),
    ):
        assert inside in text
        text = text.replace(inside, here)
    (folder / "mosquitto.conf").write_text(text + ("user root\n" if os.geteuid() == 0 else ""))
    process = await asyncio.create_subprocess_exec(str(MOSQUITTO), "-c", str(folder / "mosquitto.conf"))
    try:
        async with asyncio.timeout(20):
            while not await answers(port):
                await asyncio.sleep(0.02)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


@pytest.mark.skipif(MOSQUITTO is None, reason="there is no mosquitto on this machine (Debian: mosquitto)")
async def test_the_broker_lets_the_house_in_by_the_secret_and_nobody_else(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    async with broker(tmp_path) as port:
        secret = tmp_path / "mqtt"
        secret.write_text(secret.read_text().replace("mosquitto:1883", f"127.0.0.1:{port}"))
        settings = {"GLASSHOUSE_DATA": str(tmp_path / "data"), "GLASSHOUSE_HTTP": "127.0.0.1:0"}
        code, out, _ = await glasshouse("doctor", env={**settings, "GLASSHOUSE_MQTT_FILE": str(secret)})
        assert code == 0, out
        code, out, _ = await glasshouse("doctor", env={**settings, "GLASSHOUSE_MQTT": f"mqtt://127.0.0.1:{port}"})
        assert code == 1, out


async def test_the_health_check_follows_readyz(tmp_path: Path) -> None:
    async def check(port: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(FOLDER / "ready.py")),
            env={"GLASSHOUSE_HTTP": f"0.0.0.0:{port}", "http_proxy": "http://127.0.0.1:9"},
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    async with running_up(tmp_path, errors=tmp_path / "errors.log") as up:
        port = up.http.rpartition(":")[2]
        assert (await check(port))[0] == 0
        assert await up.stop() == 0
        code, said = await check(port)
    assert (code, "refused" in said) == (1, True)
