"""From publish to websocket at 1,000 messages a second, through an `up` that stores each; beside Node-RED, which stores none.

    python -m bench.live [--rate 1000] [--seconds 20] [--subscribers 100] [--without-node-red]

One subscriber follows all devices and is timed; each of the others follows one device. Publisher and subscribers are one
process with one clock. The disk's own sync time is measured in the same folder during the run.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

import websockets

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.broker import start_broker
from adapters.mqtt.session import Session
from bench.node_red import node_red
from glasshouse.logs import configure_logs
from glasshouse.loops import run

DEVICES = 50
SUBSCRIPTION = """subscription ($device: ID) {
  readings(deviceId: $device) { ... on ReadingReceived { reading { deviceId metric value timestamp } } } }"""


class Watch:
    """When each message left, and how long it took to come back. A message is known by its value."""

    def __init__(self, rate: int, seconds: int) -> None:
        self.rate = rate
        self.total = rate * seconds
        self.sent: list[float] = []
        self.took: list[float] = []

    def arrived(self, number: int) -> None:
        self.took.append(time.perf_counter() - self.sent[number])

    def figures(self) -> dict[str, Any]:
        cuts = quantiles(self.took, n=100)
        figures = {"p50_ms": cuts[49] * 1e3, "p90_ms": cuts[89] * 1e3, "p99_ms": cuts[98] * 1e3}
        return {"delivered": len(self.took), "sent": len(self.sent)} | {key: round(value, 2) for key, value in figures.items()}


async def publish(address: BrokerAddress, watch: Watch) -> None:
    """At an even pace, one at a time, as many devices do."""
    async with Session(address, client_id="bench-live", clean=True) as session:
        began = time.perf_counter()
        for number in range(watch.total):
            due = began + number / watch.rate
            while (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            body = {"sensorId": "main", "timestamp": round(time.time() * 1000), "seq": number, "reading": {"co2_raw": number}}
            watch.sent.append(time.perf_counter())
            session.publish(f"glasshouse/bench/climate-{number % DEVICES}/reading", json.dumps(body).encode())
            if number % 64 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(1)


async def listen(websocket: Any, watch: Watch, number_in: Callable[[Any], int | None]) -> None:
    async for frame in websocket:
        number = number_in(json.loads(frame))
        if number is not None:
            watch.arrived(number)
            if len(watch.took) == watch.total:
                return


def of_glasshouse(message: Any) -> int | None:
    if message["type"] != "next" or "reading" not in message["payload"]["data"]["readings"]:
        return None
    return int(message["payload"]["data"]["readings"]["reading"]["value"])


def of_node_red(message: Any) -> int | None:
    return int(message["reading"]["co2_raw"])


async def syncs(folder: Path, taken: list[float]) -> None:
    """How long a small write takes to reach the disk, all the while."""
    file = os.open(folder / "sync-probe", os.O_CREAT | os.O_WRONLY)
    try:
        while True:
            taken.append(await asyncio.to_thread(_sync, file))
            await asyncio.sleep(0.05)
    finally:
        os.close(file)


def _sync(file: int) -> float:
    started = time.perf_counter()
    os.pwrite(file, b"x" * 4096, 0)
    os.fdatasync(file)
    return time.perf_counter() - started


@asynccontextmanager
async def up(folder: Path) -> AsyncIterator[dict[str, Any]]:
    arguments = [
        "up",
        "--data",
        str(folder),
        "--http",
        "127.0.0.1:0",
        "--mqtt",
        "127.0.0.1:0",
        "--json",
        "--log-level",
        "error",
    ]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "glasshouse", *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield json.loads(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


async def _watched(websocket: Any, address: BrokerAddress, watch: Watch, number_in: Callable[[Any], int | None]) -> None:
    listening = asyncio.create_task(listen(websocket, watch, number_in), name="listen")
    await publish(address, watch)
    async with asyncio.timeout(30):
        await listening


@asynccontextmanager
async def subscribed(ready: dict[str, Any], device: str | None) -> AsyncIterator[Any]:
    url = ready["http"].replace("http", "ws") + "/graphql"
    async with websockets.connect(url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]) as websocket:
        login = {"authorization": f"Bearer {ready['admin_key']}"}
        await websocket.send(json.dumps({"type": "connection_init", "payload": login}))
        await websocket.recv()
        payload = {"query": SUBSCRIPTION, "variables": {"device": device}}
        await websocket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        await websocket.recv()
        yield websocket


async def drain(websocket: Any, heard: list[int]) -> None:
    async for _ in websocket:
        heard[0] += 1


async def through_glasshouse(rate: int, seconds: int, subscribers: int) -> dict[str, Any]:
    watch, taken, heard = Watch(rate, seconds), list[float](), [0]
    with TemporaryDirectory(prefix="glasshouse-bench-") as name:
        async with up(Path(name) / "data") as ready:
            probing = asyncio.create_task(syncs(Path(name), taken), name="syncs")
            async with AsyncExitStack() as stack:
                websocket = await stack.enter_async_context(subscribed(ready, None))
                others = [
                    await stack.enter_async_context(subscribed(ready, f"climate-{number % DEVICES}"))
                    for number in range(subscribers - 1)
                ]
                draining = [asyncio.create_task(drain(other, heard), name="drain") for other in others]
                address = BrokerAddress(ready["mqtt"]["host"], ready["mqtt"]["port"])
                await _watched(websocket, address, watch, of_glasshouse)
            probing.cancel()
            await asyncio.gather(probing, *draining, return_exceptions=True)
    cuts = quantiles(taken, n=100)
    sync = {"sync_p50_ms": round(cuts[49] * 1e3, 2), "sync_p99_ms": round(cuts[98] * 1e3, 2)}
    return {"subscribers": subscribers, **watch.figures(), "delivered_to_others": heard[0], **sync}


async def through_node_red(rate: int, seconds: int) -> dict[str, Any]:
    watch = Watch(rate, seconds)
    with TemporaryDirectory(prefix="glasshouse-bench-") as name:
        broker = await start_broker(Path(name) / "broker", "127.0.0.1", 0)
        try:
            async with node_red(Path(name), broker.address) as url, websockets.connect(url) as websocket:
                await _watched(websocket, broker.address, watch, of_node_red)
        finally:
            await broker.stop()
    return watch.figures()


async def main(rate: int, seconds: int, subscribers: int, *, with_node_red: bool) -> None:
    line = {"bench": "live", "metric": "publish to websocket", "rate": rate, "seconds": seconds}
    figures = await through_glasshouse(rate, seconds, subscribers)
    met = figures["p50_ms"] < 8 and figures["p99_ms"] < 25
    print(
        json.dumps({**line, "through": "glasshouse", **figures, "target": {"p50_ms": 8, "p99_ms": 25}, "met": met}), flush=True
    )
    if with_node_red:
        try:
            print(json.dumps({**line, "through": "node-red", **await through_node_red(rate, seconds)}), flush=True)
        except FileNotFoundError as error:
            print(json.dumps({**line, "through": "node-red", "skipped": str(error)}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--without-node-red", action="store_true")
    asked = parser.parse_args()
    configure_logs("error")
    run(main(asked.rate, asked.seconds, asked.subscribers, with_node_red=not asked.without_node_red))
