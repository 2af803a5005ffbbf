"""Whether windows keep up: raw rows, windows and anomalies made from a log, against the durable ingest of as many readings.

    python -m bench.windows [--messages 100000] [--rounds 3]

Prints JSON lines: each round, then the medians and their ratio. Ingest and projection take turns.
"""

import argparse
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from adapters.event_log.sqlite import SqliteEventLog
from adapters.mqtt.mosquitto import find_mosquitto
from bench.ingest import drained
from bench.queued import broker_for
from bench.rebuild import fill, history, say
from glasshouse.logs import configure_logs
from glasshouse.loops import run

TARGET = 1.0


async def projected(folder: Path, log: SqliteEventLog, messages: int) -> float:
    """Readings a second."""
    began = time.perf_counter()
    await history(log, folder)
    return messages / (time.perf_counter() - began)


async def measure(messages: int, rounds: int) -> None:
    ingested, made = list[float](), list[float]()
    with TemporaryDirectory(prefix="glasshouse-bench-") as name:
        folder = Path(name)
        broker = await broker_for(folder / "broker", "mosquitto" if find_mosquitto() else "iotcore")
        log = await SqliteEventLog.open(folder / "events.db")
        try:
            await fill(log, messages)
            for number in range(rounds):
                ingested.append((await drained("durable", broker.address, messages, number))["per_second"])
                with TemporaryDirectory() as fresh:
                    made.append(await projected(Path(fresh), log, messages))
                say(round=number, ingested_per_second=round(ingested[-1]), projected_per_second=round(made[-1]))
        finally:
            await log.close()
            await broker.stop()
    ratio = median(made) / median(ingested)
    line = {"bench": "windows", "metric": "projection of windows against durable ingest", "messages": messages}
    rates = {"ingested_per_second": round(median(ingested)), "projected_per_second": round(median(made))}
    say(**line, **rates, ratio=round(ratio, 3), target=TARGET, met=ratio >= TARGET)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    configure_logs("error")
    run(measure(asked.messages, asked.rounds))
