"""Node-RED from npm, doing the same without storing: MQTT in, websocket out."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.mqtt.address import BrokerAddress
from bench.npm import installed

VERSION = "4"
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


@asynccontextmanager
async def node_red(folder: Path, broker: BrokerAddress) -> AsyncIterator[str]:
    """A running Node-RED; gives the address of its websocket, once it takes connections."""
    installed_in = await installed(f"node-red-{VERSION}", f"node-red@{VERSION}")
    script = installed_in / "node_modules" / "node-red" / "red.js"
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
