"""Readings through `POST /ingest` of a whole `up`, against the same readings that the same `up` drains from a broker.

    python -m bench.http_ingest [--messages 50000] [--rounds 3]

As NDJSON with a reading a line, and with 200 readings of a device a line. Four requests are under way at a time.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.broker import Kind
from adapters.mqtt.mosquitto import find_mosquitto
from bench.ingest import through_up
from bench.queued import DEVICES, broker_for, payload
from glasshouse.logs import configure_logs
from glasshouse.loops import run

CLIENTS = 4
LINES = 5_000
IN_A_LIST = 200


def one_a_line(count: int, number: int) -> Iterator[bytes]:
    for index in range(count):
        yield _item(index % DEVICES, payload(number, index))


def many_a_line(count: int, number: int) -> Iterator[bytes]:
    for device in range(DEVICES):
        readings = [payload(number, index) for index in range(device, count, DEVICES)]
        for start in range(0, len(readings), IN_A_LIST):
            yield _item(device, b"[" + b",".join(readings[start : start + IN_A_LIST]) + b"]")


def _item(device: int, raw: bytes) -> bytes:
    return b'{"site":"bench","device":"climate-%d","topic":"reading","payload":%b}\n' % (device, raw)


async def posted(address: BrokerAddress, lines: list[bytes], count: int) -> float:
    """Readings a second that a whole `up` makes durable, from the first request to the last answer."""
    with TemporaryDirectory(prefix="glasshouse-bench-") as folder:
        arguments = ["--data", folder, "--http", "127.0.0.1:0", "--mqtt", str(address), "--log-level", "error", "--json"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "glasshouse", "up", *arguments, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        try:
            ready = json.loads(await process.stdout.readline())
            bodies = [b"".join(lines[start : start + LINES]) for start in range(0, len(lines), LINES)]
            started = time.perf_counter()
            await _post_all(ready, bodies)
            return count / (time.perf_counter() - started)
        finally:
            process.terminate()
            await process.wait()


async def _post_all(ready: dict[str, Any], bodies: list[bytes]) -> None:
    headers = {"authorization": f"Bearer {ready['admin_key']}", "content-type": "application/x-ndjson"}
    left = iter(bodies)

    async def post(client: httpx.AsyncClient) -> None:
        for body in left:
            response = await client.post("/ingest", content=body, headers=headers)
            results = {one["result"] for one in response.json()["results"]}
            if results != {"stored"}:
                raise RuntimeError(f"not all was stored: {results}")

    async with httpx.AsyncClient(base_url=ready["http"], trust_env=False, timeout=120) as client:
        await asyncio.gather(*(post(client) for _ in range(CLIENTS)))


async def main(messages: int, rounds: int) -> None:
    kind: Kind = "mosquitto" if find_mosquitto() else "iotcore"
    rates: dict[str, list[float]] = {"mqtt": [], "a reading a line": [], "200 readings a line": []}
    with TemporaryDirectory(prefix="glasshouse-bench-broker-") as folder:
        broker = await broker_for(Path(folder), kind)
        try:
            for number in range(rounds):
                rates["mqtt"].append(await through_up(broker.address, messages, number))
                for name, lines in (("a reading a line", one_a_line), ("200 readings a line", many_a_line)):
                    rates[name].append(await posted(broker.address, list(lines(messages, number)), messages))
        finally:
            await broker.stop()
    mqtt = median(rates.pop("mqtt"))
    for name, found in rates.items():
        line = {"bench": "http_ingest", "metric": f"HTTP, {name}, against MQTT", "broker": kind, "messages": messages}
        line |= {"ratio": round(median(found) / mqtt, 3), "per_second": round(median(found)), "mqtt_per_second": round(mqtt)}
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    configure_logs("error")
    run(main(asked.messages, asked.rounds))
