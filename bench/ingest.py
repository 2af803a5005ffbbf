"""Durable ingest against bare gmqtt, on the same queued load from the same broker: PUBACK after fsync, against PUBACK at once.

    python -m bench.ingest [--messages 50000] [--rounds 5]

Also the whole `up`, projections and API included, on the same load; and where the loop thread's time goes.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from adapters.event_log.port import EventLog, LogError
from adapters.event_log.sqlite import SqliteEventLog
from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.broker import Kind
from adapters.mqtt.mosquitto import find_mosquitto
from bench.queued import broker_for, forget, queue_up
from glasshouse.logs import configure_logs
from glasshouse.loops import run

TARGET, GOAL = 0.5, 0.6


async def drained(kind: str, address: BrokerAddress, count: int, number: int) -> dict[str, Any]:
    """One drain in a process of its own, of a load of its own."""
    client_id = f"bench-{kind}-{number}"
    await queue_up(address, client_id, count, number)
    with TemporaryDirectory(prefix="glasshouse-bench-") as folder:
        arguments = ["-m", "bench.drain", kind, address.host, str(address.port), client_id, str(count), folder]
        process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"draining {kind} ended with exit code {process.returncode}")
    found: dict[str, Any] = json.loads(out)
    return found


async def through_up(address: BrokerAddress, count: int, number: int, settings: Mapping[str, str] | None = None) -> float:
    """Messages a second that a whole `up` makes durable, its read models at work beside. `settings` are variables."""
    await queue_up(address, "glasshouse-ingest", count, number)
    with TemporaryDirectory(prefix="glasshouse-bench-") as folder:
        arguments = ["up", "--data", folder, "--http", "127.0.0.1:0", "--mqtt", str(address), "--log-level", "error"]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "glasshouse", *arguments),
            stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, **(settings or {})},
        )
        try:
            return await _watched(Path(folder) / "events.db", count)
        finally:
            process.terminate()
            await process.wait()
            await forget(address, "glasshouse-ingest")


async def _watched(path: Path, count: int) -> float:
    log = await _opened(path)
    try:
        before = await log.head() or 0
        started = time.perf_counter()
        while (await log.head() or 0) == before:
            started = time.perf_counter()
            await asyncio.sleep(0.002)
        while (await log.head() or 0) < count:
            await asyncio.sleep(0.002)
        return (count - before) / (time.perf_counter() - started)
    finally:
        await log.close()


async def _opened(path: Path) -> EventLog:
    """The log that `up` makes, as soon as it is one."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await SqliteEventLog.open(path, read_only=True)
            except LogError:
                await asyncio.sleep(0.001)


async def measure(kind: Kind, messages: int, rounds: int) -> None:
    """All rounds over one kind of broker; bare and durable take turns."""
    with TemporaryDirectory(prefix="glasshouse-bench-broker-") as folder:
        broker = await broker_for(Path(folder), kind)
        try:
            pairs = []
            for number in range(rounds):
                bare = await drained("bare", broker.address, messages, number)
                durable = await drained("durable", broker.address, messages, number)
                pairs.append((bare, durable))
            _report(kind, messages, pairs)
            whole = [await through_up(broker.address, messages, 100 + number) for number in range(max(1, rounds // 2))]
            bare_rate = median(bare["per_second"] for bare, _ in pairs)
            line = {"bench": "ingest", "metric": "whole up against bare gmqtt", "broker": kind}
            _say(line | {"ratio": round(median(whole) / bare_rate, 3), "per_second": round(median(whole))})
            profile = await drained("profile", broker.address, messages, 200)
            _say({"bench": "ingest", "metric": "where the loop thread is", "broker": kind, **profile})
        finally:
            await broker.stop()


def _report(kind: Kind, messages: int, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    ratios = [durable["per_second"] / bare["per_second"] for bare, durable in pairs]
    ratio = median(ratios)
    line: dict[str, Any] = {"bench": "ingest", "metric": "durable against bare gmqtt", "broker": kind, "messages": messages}
    line |= {"ratio": round(ratio, 3), "target": TARGET, "goal": GOAL, "met": ratio >= TARGET}
    line |= {"ratios": [round(one, 3) for one in ratios]}
    for name, found in (("bare", [bare for bare, _ in pairs]), ("durable", [durable for _, durable in pairs])):
        line[name] = {key: median(one[key] for one in found) for key in ("per_second", "cpu_us")}
    _say(line)


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


async def main(messages: int, rounds: int) -> None:
    kinds: list[Kind] = ["mosquitto", "iotcore"] if find_mosquitto() else ["iotcore"]
    for kind in kinds:
        await measure(kind, messages, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    configure_logs("error")
    run(main(asked.messages, asked.rounds))
