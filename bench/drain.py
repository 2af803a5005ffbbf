"""Drain a queued load, in a process of its own: bare gmqtt, or ingest into a durable log. Prints one JSON line.

python -m bench.drain bare|durable|profile HOST PORT CLIENT_ID COUNT FOLDER
"""

import asyncio
import cProfile
import json
import pstats
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import gmqtt
from gmqtt.mqtt.constants import MQTTv50
from prometheus_client import CollectorRegistry

from adapters.event_log.sqlite import SqliteEventLog
from adapters.mqtt.address import BrokerAddress
from bench.queued import FILTER, RECEIVE_MAXIMUM
from glasshouse.logs import configure_logs
from glasshouse.loops import run
from ingest.limits import IngestLimits
from ingest.metrics import IngestMetrics
from ingest.mqtt_source import MqttSource
from ingest.pipeline import Pipeline

ROOMS = ("adapters/mqtt", "adapters/event_log", "ingest", "schema", "gmqtt", "asyncio", "prometheus_client")


async def bare(address: BrokerAddress, client_id: str, count: int) -> tuple[float, float]:
    """Plain gmqtt: receive, return success from an async handler, which sends the PUBACK."""
    times: list[float] = []
    done = asyncio.Event()

    async def on_message(*_: object) -> int:
        times.append(time.perf_counter())
        if len(times) == count:
            done.set()
        return 0

    client = gmqtt.Client(
        client_id,
        clean_session=False,
        optimistic_acknowledgement=False,
        session_expiry_interval=3600,
        receive_maximum=RECEIVE_MAXIMUM,
    )
    client.on_message = on_message
    await client.connect(address.host, address.port, version=MQTTv50)
    client.subscribe(FILTER, qos=1)
    await done.wait()
    await asyncio.sleep(0.2)
    await client.disconnect()
    return times[0], times[-1]


async def durable(address: BrokerAddress, client_id: str, count: int, folder: Path) -> tuple[float, float]:
    """Ingest as `up` has it: decode, check, dedupe, append with a synced commit, and only then the PUBACK."""
    log = await SqliteEventLog.open(folder / "events.db")
    metrics = IngestMetrics(CollectorRegistry())

    def throttle(pressed: bool) -> None:
        source.throttle(pressed)

    pipeline = Pipeline(log, limits=IngestLimits(), metrics=metrics, on_pressure=throttle)
    source = MqttSource(
        address, pipeline, client_id=client_id, metrics=metrics, receive_maximum=RECEIVE_MAXIMUM, exclusive=False
    )
    first: list[float] = []
    handle = source.handle

    def noticed(message: Any) -> Any:
        if not first:
            first.append(time.perf_counter())
        return handle(message)

    source.session._handler = noticed  # noqa: SLF001  # to see when the first message came, at no cost worth naming
    tasks = [
        asyncio.create_task(pipeline.run(), name="writer"),
        asyncio.create_task(source.run(), name="source"),
    ]
    while (await log.head() or 0) < count:
        await asyncio.sleep(0.002)
    ended = time.perf_counter()
    pipeline.close()
    await tasks[0]
    await asyncio.sleep(0.2)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await log.close()
    return first[0], ended


def by_room(profile: cProfile.Profile) -> dict[str, float]:
    """Share of the loop thread's time by rooms; built-ins count for who calls them, and waiting therefore for asyncio."""
    shares: Counter[str] = Counter()
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    for (file, _, _), (_, _, own, _, callers) in stats.items():
        if file == "~":
            for (caller, _, _), (_, _, time_for, _) in callers.items():
                shares[_room(caller)] += time_for
        else:
            shares[_room(file)] += own
    total = sum(shares.values())
    return {room: round(seconds / total, 3) for room, seconds in shares.most_common() if seconds / total >= 0.005}


def _room(file: str) -> str:
    return next((room for room in ROOMS if f"/{room}/" in file or f"/{room}." in file), "other")


def main(kind: str, host: str, port: str, client_id: str, count: str, folder: str) -> None:
    configure_logs("error")
    address, wanted = BrokerAddress(host, int(port)), int(count)
    profile = cProfile.Profile()
    if kind == "profile":
        profile.enable()
    work = bare(address, client_id, wanted) if kind == "bare" else durable(address, client_id, wanted, Path(folder))
    started, ended = run(work)
    used = resource.getrusage(resource.RUSAGE_SELF)
    line: dict[str, Any] = {
        "seconds": round(ended - started, 3),
        "per_second": round((wanted - 1) / (ended - started)),
        "cpu_us": round((used.ru_utime + used.ru_stime) / wanted * 1e6, 1),
    }
    if kind == "profile":
        profile.disable()
        line = {"loop_thread_by_room": by_room(profile)}
    print(json.dumps(line))


if __name__ == "__main__":
    main(*sys.argv[1:])
