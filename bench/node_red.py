"""Node-RED from npm, doing the same without storing: MQTT in, websocket out. Installed once, outside the checkout."""

import asyncio
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.mqtt.address import BrokerAddress

VERSION = "4"
CACHE = Path.home() / ".cache" / "glasshouse-bench" / f"node-red-{VERSION}"
SETTINGS = """
module.exports = {
  uiPort: %d, uiHost: "127.0.0.1", httpAdminRoot: false, flowFile: "flows.json", credentialSecret: false,
  diagnostics: { enabled: false }, telemetry: { enabled: false, updateNotification: false },
  logging: { console: { level: "warn", metrics: false, audit: false } },
};
"""


def _flows(broker: BrokerAddress) -> list[dict[str, object]]:
    return [
        {"id": "tab", "type": "tab", "label": "bench"},
        {
            "id": "broker", "type": "mqtt-broker", "broker": broker.host, "port": str(broker.port), "clientid": "node-red",
            "protocolVersion": "5", "cleansession": True, "keepalive": "60",
        },
        {"id": "listener", "type": "websocket-listener", "path": "/live", "wholemsg": "false"},
        {
            "id": "in", "type": "mqtt in", "z": "tab", "broker": "broker", "topic": "glasshouse/#", "qos": "1",
            "datatype": "buffer", "inputs": 0, "wires": [["text"]],
        },
        {"id": "text", "type": "function", "z": "tab", "func": "msg.payload = msg.payload.toString(); return msg;",
         "outputs": 1, "wires": [["out"]]},
        {"id": "out", "type": "websocket out", "z": "tab", "server": "listener", "client": ""},
    ]  # fmt: skip


async def _installed() -> Path:
    """The script to run; FileNotFoundError where it cannot be had."""
    script = CACHE / "node_modules" / "node-red" / "red.js"
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise FileNotFoundError("there is no node or no npm on this machine")
    if not script.exists():
        await asyncio.to_thread(CACHE.mkdir, parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(CACHE), "--no-audit", "--no-fund", "--silent", f"node-red@{VERSION}"]
        installing = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        if await installing.wait():
            raise FileNotFoundError(f"npm could not install node-red@{VERSION}")
    return script


@asynccontextmanager
async def node_red(folder: Path, broker: BrokerAddress) -> AsyncIterator[str]:
    """A running Node-RED; gives the address of its websocket, once it takes connections."""
    script = await _installed()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = folder / "node-red"
    home.mkdir()
    (home / "settings.js").write_text(SETTINGS % port)
    (home / "flows.json").write_text(json.dumps(_flows(broker)))
    process = await asyncio.create_subprocess_exec(
        *("node", str(script), "--userDir", str(home), "--settings", str(home / "settings.js")),
        stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "NODE_ENV": "production"},
    )
    try:
        async with asyncio.timeout(30):
            while not await _listens(port):
                await asyncio.sleep(0.1)
        await asyncio.sleep(2)  # its flows start after its port
        yield f"ws://127.0.0.1:{port}/live"
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
