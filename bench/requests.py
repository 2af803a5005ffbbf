"""What five devices say now, asked over HTTP by ten connections: one `serve` against graphql-yoga, and two against one.

    python -m bench.requests [--seconds 5] [--rounds 5] [--connections 10]

A `serve` lets in a key, holds its limits, and reads its own latest state; graphql-yoga answers from a plain object under
the same schema, lets in anybody and has no limits. All give the same answer, which autocannon compares byte by byte. It is
a process of its own: `asking` is how much of a core it takes. Processor time for a request is that of the servers.
"""

import argparse
import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import httpx
import msgspec
import psutil

from adapters.event_log.sqlite import SqliteEventLog
from bench.yoga import ask, asking_seconds, programs, yoga
from glasshouse.logs import configure_logs
from glasshouse.loops import run
from schema.events import SensorReading
from tests.support.house_events import Said, at, pack, tell
from tests.support.roles import Estate

HOUSE: Final = {
    "climate-1": ("temperature", "humidity", "co2"),
    "climate-2": ("temperature", "humidity", "co2"),
    "light-1": ("par", "illuminance"),
    "soil-1": ("soil_moisture", "soil_temperature", "ec"),
    "weather-1": ("temperature", "humidity", "wind_speed", "wind_direction", "radiation", "rain_detected", "pressure"),
}
"""Five devices of the simulated house, and what each measures."""
TARGET, TARGET_OF_TWO = 0.8, 1.6
QUERIES: Final = {
    "page": """query DevicesWithLatest($first: Int!, $after: String, $atLeast: Cursor) {
      devices(first: $first, after: $after, atLeast: $atLeast) {
        nodes { id site location name model firmwareVersion status statusAt lastSeen
          actuators { actuatorId state reason timestamp }
          latest { eventId deviceId sensorId metric value unit quality timestamp recordedAt } }
        pageInfo { hasNextPage endCursor } liveCursor } }""",
    "short": "query Now($first: Int!) { devices(first: $first) { nodes { id latest { metric value unit timestamp } } } }",
}
"""What the page asks first, and the least that anybody would ask."""
BODIES: Final = {name: json.dumps({"query": query, "variables": {"first": len(HOUSE)}}) for name, query in QUERIES.items()}


Found = dict[str, list[dict[str, float]]]
"""What was measured in each round, by who was asked what."""


class Server(msgspec.Struct, frozen=True):
    """Where to ask, as whom, what is answered to each query, and which process answers."""

    url: str
    headers: Mapping[str, str]
    answers: Mapping[str, str]
    process: int

    def used(self) -> float:
        """Processor time so far, in seconds."""
        times = psutil.Process(self.process).cpu_times()
        return float(times.user + times.system)


async def server(url: str, process: int, key: str | None) -> Server:
    headers = {"Content-Type": "application/json"} | ({} if key is None else {"Authorization": f"Bearer {key}"})
    options: dict[str, Any] = {"headers": {**headers, "accept-encoding": "identity"}, "trust_env": False, "timeout": 60}
    async with httpx.AsyncClient(**options) as client:
        answers = {name: (await client.post(url, content=body)).text for name, body in BODIES.items()}
    return Server(url, headers, answers, process)


def measured(device: str, minute: int, values: dict[str, float]) -> Said:
    units = dict.fromkeys(values, "degC")
    event = SensorReading(device_id=device, sensor_id="main", timestamp=at(60 * minute), reading=values, units=units)
    return pack(f"device-{device}", event)


async def fill(path: Path) -> None:
    """What five devices measured."""
    log = await SqliteEventLog.open(path)
    for minute in range(10):
        await tell(log, [measured(device, minute, dict.fromkeys(metrics, 20.5 + minute)) for device, metrics in HOUSE.items()])
    await log.close()


async def load(servers: Sequence[Server], query: str, seconds: int, connections: int) -> dict[str, float]:
    """All of them asked at once, each over its part of the connections."""
    began, used, asked = perf_counter(), sum(one.used() for one in servers), asking_seconds()
    each, body = connections // len(servers), BODIES[query]
    told = await asyncio.gather(
        *(ask(one.url, body, one.answers[query], headers=one.headers, seconds=seconds, connections=each) for one in servers)
    )
    took, requests = perf_counter() - began, sum(one["requests"]["total"] for one in told)
    return {
        "requests_per_second": round(sum(one["requests"]["total"] / one["duration"] for one in told)),
        "p99_ms": max(one["latency"]["p99"] for one in told),
        "us_each": round((sum(one.used() for one in servers) - used) / requests * 1e6),
        "asking": round((asking_seconds() - asked) / took, 2),
    }


async def measure(servers: Mapping[str, Sequence[Server]], seconds: int, rounds: int, connections: int) -> Found:
    """Each against each query, in turns."""
    found: Found = {f"{name}, {query}": [] for query in QUERIES for name in servers}
    for number in range(-1, rounds):  # the first to warm up
        for query in QUERIES:
            for name, some in servers.items():
                figures = await load(some, query, max(1, seconds // 2) if number < 0 else seconds, connections)
                if number >= 0:
                    found[f"{name}, {query}"].append(figures)
        if number >= 0:
            line = {kind: figures[-1] for kind, figures in found.items()}
            print(json.dumps({"round": number, "load_average": round(os.getloadavg()[0], 2), **line}), flush=True)
    return found


def report(metric: str, found: Found, these: str, those: str, target: float | None, processes: int = 1) -> None:
    """The second ratio is what as many processor cores would come to, if nobody else were there."""
    pairs = list(zip(found[these], found[those], strict=True))
    ratios = [one["requests_per_second"] / other["requests_per_second"] for one, other in pairs]
    alone = median(processes * other["us_each"] / one["us_each"] for one, other in pairs)
    line: dict[str, Any] = {"bench": "requests", "metric": metric, "ratio": round(median(ratios), 2)}
    line |= {"lowest": round(min(ratios), 2), "highest": round(max(ratios), 2), "ratio_by_processor_time": round(alone, 2)}
    for kind in (these, those):
        line[kind] = {name: round(median(one[name] for one in found[kind]), 2) for name in found[kind][0]}
    print(json.dumps(line if target is None else {**line, "target": target, "met": median(ratios) >= target}), flush=True)


async def main(seconds: int, rounds: int, connections: int) -> None:
    try:
        await programs()
    except FileNotFoundError as error:
        print(json.dumps({"bench": "requests", "metric": "requests/s against graphql-yoga", "skipped": str(error)}))
        return
    with TemporaryDirectory(prefix="glasshouse-bench-") as name:
        folder = Path(name)
        await fill(folder / "events.db")
        estate = Estate(folder, f"sqlite:///{folder / 'events.db'}", "mqtt://127.0.0.1:1883")
        async with AsyncExitStack() as stack:
            stack.push_async_callback(estate.end)
            roles = [await estate.role("serve", number).start() for number in ("first", "second")]
            key = roles[0].ready["admin_key"]
            serves = [await server(f"{role.http}/graphql", role.process.pid, key) for role in roles if role.process is not None]
            data = json.loads(serves[0].answers["page"])["data"]
            other = await server(*await stack.enter_async_context(yoga(folder, data)), None)
            for query in QUERIES:
                assert all(json.loads(one.answers[query]) == json.loads(other.answers[query]) for one in serves)
            found = await measure({"yoga": [other], "one": serves[:1], "two": serves}, seconds, rounds, connections)
    report("requests/s of one serve against graphql-yoga", found, "one, page", "yoga, page", TARGET)
    report("the same of the least that is asked", found, "one, short", "yoga, short", None)
    report("requests/s of two serve against one", found, "two, page", "one, page", TARGET_OF_TWO, processes=2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=10)
    asked = parser.parse_args()
    configure_logs("error")
    run(main(asked.seconds, asked.rounds, asked.connections))
