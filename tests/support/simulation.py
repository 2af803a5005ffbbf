"""A simulation against a real broker, and an ingest that listens there."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.mqtt.address import BrokerAddress
from glasshouse.simulator.faults import FaultRates
from glasshouse.simulator.ledger import Line, read_ledger
from glasshouse.simulator.mishaps import MishapRates
from glasshouse.simulator.options import SimulationOptions
from ingest.limits import IngestLimits
from ingest.metrics import IngestMetrics
from ingest.mqtt_source import MqttSource
from ingest.pipeline import Pipeline

NO_FAULTS = FaultRates(dropped=0, late=0, doubled=0, out_of_order=0, malformed=0, nan=0, out_of_range=0)
NO_MISHAPS = MishapRates(refused=0, failed=0, slow=0, answered_twice=0, cut_off=0, by_hand=0)
MANY_FAULTS = FaultRates(dropped=0.05, late=0.05, doubled=0.1, out_of_order=0.05, malformed=0.1, nan=0.05, out_of_range=0.05)


def options(address: BrokerAddress, folder: Path, **changes: Any) -> SimulationOptions:
    usual: dict[str, Any] = {
        "mqtt": str(address),
        "ledger": folder / "ledger.jsonl",
        "devices": 20,
        "rate": 200,
        "seconds": 2,
        "faults": MANY_FAULTS,
    }
    return SimulationOptions(**{**usual, **changes})


@asynccontextmanager
async def listening(address: BrokerAddress, log: EventLog) -> AsyncIterator[MqttSource]:
    """Ingest, as `up` has it."""
    metrics = IngestMetrics(CollectorRegistry())
    pipeline = Pipeline(log, limits=IngestLimits(), metrics=metrics)
    source = MqttSource(address, pipeline, client_id="glasshouse-ingest-test", metrics=metrics, exclusive=False)
    tasks = [
        asyncio.create_task(pipeline.run(), name="pipeline"),
        asyncio.create_task(source.run(), name="source"),
    ]
    try:
        await source.session.connected()
        yield source
    finally:
        tasks[1].cancel()
        pipeline.close()
        await asyncio.gather(*tasks, return_exceptions=True)


def steady_port() -> int:
    """A free port, with its neighbour, that no outgoing connection is given while a broker restarts."""
    while True:
        port = random.randrange(20_000, 30_000, 2)
        with socket.socket() as first, socket.socket() as second, suppress(OSError):
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 1))
            return port


def sent_lines(ledger: Path) -> Iterator[Line]:
    return (line for line in read_ledger(ledger) if line.sent is not None)
