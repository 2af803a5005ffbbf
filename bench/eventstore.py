"""EventStoreDB through our adapter against esdbclient as its own documents use it, on the same server in one run.

    python -m bench.eventstore [--messages 20000] [--rounds 5] [--url esdb://...]

Ingest: the pipeline, decoding and checks included, against a loop that awaits an append for each message. Reading: a
catch-up through the port against the asyncio client's `read_all`. Without --url the server is the double of the tests,
a process of its own, so the figures say how the clients compare, and not what a real server does.
"""

import argparse
import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from uuid import uuid4

from esdbclient import AsyncEventStoreDBClient
from esdbclient import NewEvent as PlainEvent
from esdbclient.streams import StreamState
from prometheus_client import CollectorRegistry

from adapters.event_log.esdb.log import EsdbEventLog
from bench.queued import DEVICES, payload
from glasshouse.logs import configure_logs
from glasshouse.loops import run
from ingest.limits import IngestLimits
from ingest.messages import Inbound
from ingest.metrics import IngestMetrics
from ingest.pipeline import Pipeline
from tests.support.eventstore.process import eventstore

INGEST_TARGET, READ_TARGET = 3.0, 4.0
UNDER_WAY = 1000
"""Messages that a broker hands over before it waits for acknowledgements."""
Run = Callable[[str, int, int], Awaitable[float]]


async def ingested(url: str, count: int, number: int) -> float:
    """Messages a second that the pipeline makes durable."""
    log = await EsdbEventLog.open(url)
    pipeline = Pipeline(log, limits=IngestLimits(), metrics=IngestMetrics(CollectorRegistry()))
    writing = asyncio.create_task(pipeline.run(), name="ingest-writer")
    began = time.perf_counter()
    waiting: deque[asyncio.Future[object]] = deque()
    for index in range(count):
        device = f"climate-{number}-{index % DEVICES}"
        topic = f"glasshouse/bench/{device}/reading"
        waiting.append(asyncio.ensure_future(pipeline.submit(Inbound(topic, topic, payload(number, index), datetime.now(UTC)))))
        if len(waiting) >= UNDER_WAY:
            await waiting.popleft()
    await asyncio.gather(*waiting)
    seconds = time.perf_counter() - began
    pipeline.close()
    await writing
    await log.close()
    return count / seconds


async def appended_one_by_one(url: str, count: int, number: int) -> float:
    """Events a second of the loop that every tutorial has."""
    client = AsyncEventStoreDBClient(url)
    await client.connect()
    began = time.perf_counter()
    for index in range(count):
        event = PlainEvent(type="SensorReading", data=payload(number, index), metadata=b"{}", id=uuid4())
        await client.append_to_stream(
            f"device-plain-{number}-{index % DEVICES}", current_version=StreamState.ANY, events=[event]
        )
    seconds = time.perf_counter() - began
    await client.close()
    return count / seconds


async def caught_up(url: str, count: int, number: int) -> float:
    """Events a second of a catch-up through the port."""
    del count, number
    log = await EsdbEventLog.open(url)
    began, seen = time.perf_counter(), 0
    async for page in log.read_all(None):
        seen += len(page.events)
    seconds = time.perf_counter() - began
    await log.close()
    return seen / seconds


async def read_plainly(url: str, count: int, number: int) -> float:
    """Events a second of the asyncio client."""
    del count, number
    client = AsyncEventStoreDBClient(url)
    await client.connect()
    began, seen = time.perf_counter(), 0
    async for _ in await client.read_all():
        seen += 1
    seconds = time.perf_counter() - began
    await client.close()
    return seen / seconds


@asynccontextmanager
async def server(url: str | None) -> AsyncIterator[str]:
    """The server that was named, or the double."""
    if url is not None:
        yield url
        return
    with TemporaryDirectory(prefix="glasshouse-bench-") as folder:
        async with eventstore(Path(folder), journal=False) as double:
            yield double.url


async def compare(
    url: str | None, name: str, target: float, ours: tuple[Run, int], plain: tuple[Run, int], rounds: int
) -> None:
    """Turn by turn on one server; each kind with a size of its own, since one is many times as fast."""
    rates: tuple[list[float], list[float]] = ([], [])
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(server(url))
        if name == "read":
            await ingested(address, ours[1], 0)
        for number in range(1, rounds + 1):
            for kept, (run_one, count) in zip(rates, (ours, plain), strict=True):
                kept.append(await run_one(address, count, number))
    ratios = sorted(mine / theirs for mine, theirs in zip(*rates, strict=True))
    line: dict[str, object] = {"bench": "eventstore", "metric": name, "server": "named" if url else "double", "rounds": rounds}
    line |= {"ours_per_second": round(median(rates[0])), "plain_per_second": round(median(rates[1]))}
    line |= {"ratio": round(median(ratios), 2), "ratios": [round(one, 2) for one in ratios]}
    print(json.dumps(line | {"target": target, "met": median(ratios) >= target}), flush=True)


async def main(messages: int, rounds: int, url: str | None) -> None:
    fewer = max(messages // 10, 100)
    await compare(url, "ingest", INGEST_TARGET, (ingested, messages), (appended_one_by_one, fewer), rounds)
    await compare(url, "read", READ_TARGET, (caught_up, messages), (read_plainly, messages), rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--url", help="a real server, which is written to")
    asked = parser.parse_args()
    configure_logs("error")
    run(main(asked.messages, asked.rounds, asked.url))
