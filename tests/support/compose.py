"""The compose file, as data; and its broker, as a process of this machine."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from adapters.mqtt.mosquitto import find_mosquitto
from adapters.mqtt.ports import choose_ports
from tests.support.documents import ROOT

FOLDER = ROOT / "docker"
COMPOSE = FOLDER / "compose.yaml"
IMAGE = "glasshouse"


def compose() -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(COMPOSE)
    return content


def services() -> dict[str, dict[str, Any]]:
    return dict(compose()["services"])


def roles() -> dict[str, dict[str, Any]]:
    """The services that run our image."""
    return {name: service for name, service in services().items() if service["image"] == IMAGE}


def secret_file(name: str) -> Path:
    """Where compose takes a secret from."""
    return FOLDER / str(compose()["secrets"][name]["file"])


def make_secrets(folder: Path) -> str:
    command = [sys.executable, "-I", str(FOLDER / "make_secrets.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@asynccontextmanager
async def mosquitto_of_compose(folder: Path) -> AsyncIterator[int]:
    """Mosquitto with the configuration of the compose file: its paths and its port are the machine's."""
    make_secrets(folder)
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
    process = await asyncio.create_subprocess_exec(str(find_mosquitto()), "-c", str(folder / "mosquitto.conf"))
    try:
        async with asyncio.timeout(20):
            while not await _answers(port):
                await asyncio.sleep(0.02)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
