"""The event log alone: durable appends at 500 events a commit, and the bare scan, with the event loop idle and busy.

    python -m bench.log_rates [--events 100000] [--rounds 3]

A thread of Python that computes stands for the busy loop: it takes the interpreter lock whenever SQLite lets it go.
"""

import argparse
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from adapters.event_log.port import ANY, Append
from adapters.event_log.sqlite import SqliteEventLog
from bench.rebuild import DEVICES, reading, scan
from glasshouse.loops import run
from schema.envelope import NewEvent
from schema.registry import REGISTRY

PER_COMMIT = 500


def batches(events: int) -> list[list[Append]]:
    """What the commits of an ingest look like: 500 readings of all devices."""
    made = []
    for start in range(0, events, PER_COMMIT):
        by_device: dict[int, list[NewEvent]] = {}
        for number in range(start, start + PER_COMMIT):
            by_device.setdefault(number % DEVICES, []).append(reading(number))
        made.append([Append(f"device-climate-{device}", ANY, told) for device, told in by_device.items()])
    return made


@contextmanager
def computing() -> Iterator[None]:
    """Python at work in another thread, decoding readings."""
    ended = threading.Event()
    data = reading(1).data

    def compute() -> None:
        while not ended.is_set():
            for _ in range(100):
                REGISTRY.decode("SensorReading", data, 1)

    thread = threading.Thread(target=compute, name="busy")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


async def one_after_the_other(log: SqliteEventLog, made: list[list[Append]]) -> None:
    for appends in made:
        await log.append(appends)


async def measure(events: int, rounds: int) -> None:
    rates: dict[str, list[float]] = {}
    made = batches(events)
    for _ in range(rounds):
        for loop in ("idle", "busy"):
            with TemporaryDirectory() as folder:
                log = await SqliteEventLog.open(Path(folder) / "events.db")
                for kind, work in (("append", one_after_the_other(log, made)), ("scan", scan(log, Path(folder)))):
                    with computing() if loop == "busy" else nullcontext():
                        began = time.perf_counter()
                        await work
                        rates.setdefault(f"{kind}, {loop} loop", []).append(
                            len(made) * PER_COMMIT / (time.perf_counter() - began)
                        )
                await log.close()
    for kind in ("append", "scan"):
        idle, busy = median(rates[f"{kind}, idle loop"]), median(rates[f"{kind}, busy loop"])
        figures = {"events": events, "rounds": rounds, "idle_per_second": round(idle), "busy_per_second": round(busy)}
        metric = f"{kind} beside busy Python, against {kind} alone"
        print(json.dumps({"bench": "log_rates", "metric": metric, "ratio": round(busy / idle, 3), **figures}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    run(measure(options.events, options.rounds))


if __name__ == "__main__":
    main()
