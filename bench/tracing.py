"""What traces cost: the same queued load through a whole `up` that sends none, a share as it is by default, and all of them.

    python -m bench.tracing [--messages 30000] [--rounds 5]

The collector takes what it is sent and looks at none of it; it shares the cores. All three take turns.
"""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from adapters.mqtt.broker import Kind
from adapters.mqtt.mosquitto import find_mosquitto
from bench.ingest import through_up
from bench.queued import broker_for
from glasshouse.logs import configure_logs
from glasshouse.loops import run

KINDS = {"off": None, "a share": "0.01", "all": "1"}


@asynccontextmanager
async def sink() -> AsyncIterator[tuple[str, list[int]]]:
    """The address of a collector, and the sizes of what it was sent."""
    sizes: list[int] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                size = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
                await reader.readexactly(size)
                sizes.append(size)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", sizes


async def main(messages: int, rounds: int) -> None:
    kind: Kind = "mosquitto" if find_mosquitto() else "iotcore"
    rates: dict[str, list[float]] = {name: [] for name in KINDS}
    sent: dict[str, int] = {}
    with TemporaryDirectory(prefix="glasshouse-bench-broker-") as folder:
        broker = await broker_for(Path(folder), kind)
        try:
            async with sink() as (url, sizes):
                for number, name in enumerate([*KINDS] * rounds):
                    sizes.clear()
                    ratio = KINDS[name]
                    settings = {} if ratio is None else {"GLASSHOUSE_OTLP": url, "GLASSHOUSE_OTLP_RATIO": ratio}
                    rates[name].append(await through_up(broker.address, messages, number, settings))
                    sent[name] = sum(sizes)
        finally:
            await broker.stop()
    for name in KINDS:
        pairs = zip(rates[name], rates["off"], strict=True)
        line = {"bench": "tracing", "metric": f"whole up that traces {name} against none", "broker": kind}
        figures = {"per_second": round(median(rates[name])), "sent_bytes": sent[name], "rounds": rounds}
        print(json.dumps({**line, "ratio": round(median(on / off for on, off in pairs), 3), **figures}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    configure_logs("error")
    run(main(asked.messages, asked.rounds))
