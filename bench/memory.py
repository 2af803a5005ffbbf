"""The memory of a whole `up` after so many events: it must not grow with their number.

    python -m bench.memory [--events 200000 500000 1000000]

Readings of 50 devices come through the broker as fast as they are stored; each figure is taken once read models are caught up.
"""

import argparse
import asyncio
import json
from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from adapters.event_log.port import EventLog
from adapters.event_log.sqlite import SqliteEventLog
from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.session import Session
from bench.live import up
from bench.queued import DEVICES, payload
from glasshouse.logs import configure_logs
from glasshouse.loops import run

_OPEN = 2000
_PROJECTIONS = "{ projections { lagSeconds state } }"


async def main(steps: list[int]) -> None:
    figures: list[tuple[int, float]] = []
    with TemporaryDirectory(prefix="glasshouse-bench-") as name:
        async with up(Path(name)) as ready:
            log = await SqliteEventLog.open(Path(name) / "events.db", read_only=True)
            async with httpx.AsyncClient(base_url=ready["http"], trust_env=False, timeout=60) as client:
                client.headers["authorization"] = f"Bearer {ready['admin_key']}"
                done = 0
                for wanted in steps:
                    await _publish(BrokerAddress(ready["mqtt"]["host"], ready["mqtt"]["port"]), done, wanted)
                    done = wanted
                    await _stored(log, wanted)
                    await _caught_up(client)
                    figures.append((wanted, await _resident(client)))
            await log.close()
    _report(figures)


async def _publish(address: BrokerAddress, start: int, end: int) -> None:
    async with Session(address, client_id="bench-memory", clean=True) as session:
        waiting: deque[asyncio.Task[int]] = deque()
        for number in range(start, end):
            topic = f"glasshouse/bench/climate-{number % DEVICES}/reading"
            waiting.append(asyncio.create_task(session.publish_acked(topic, payload(0, number)), name="publish"))
            if len(waiting) > _OPEN:
                await waiting.popleft()
        await asyncio.gather(*waiting)


async def _stored(log: EventLog, count: int) -> None:
    while (await log.head() or 0) < count:
        await asyncio.sleep(0.1)


async def _caught_up(client: httpx.AsyncClient) -> None:
    while True:
        answer = await client.post("/graphql", json={"query": _PROJECTIONS})
        if all(model["lagSeconds"] == 0 for model in answer.json()["data"]["projections"]):
            return
        await asyncio.sleep(0.5)


async def _resident(client: httpx.AsyncClient) -> float:
    """Resident memory in MB, as the process itself tells Prometheus."""
    text = (await client.get("/metrics")).text
    (line,) = [line for line in text.splitlines() if line.startswith("process_resident_memory_bytes ")]
    return float(line.split()[1]) / 1e6


def _report(figures: list[tuple[int, float]]) -> None:
    (first, first_mb), (last, last_mb) = figures[0], figures[-1]
    growth = (last_mb - first_mb) / (last - first) * 1e6
    line: dict[str, Any] = {"bench": "memory", "metric": "resident memory of up", "unit": "MB"}
    line |= {"after_events": {str(events): round(mb) for events, mb in figures}, "growth_per_million_events": round(growth)}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=[200_000, 500_000, 1_000_000])
    asked = parser.parse_args()
    configure_logs("error")
    run(main(asked.events))
