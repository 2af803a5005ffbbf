"""A load that waits in a broker: readings published to a session whose client is away, to be drained at full speed."""

import asyncio
import json
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.broker import EmbeddedBroker, Kind, start_broker
from adapters.mqtt.session import Session

FILTER = "glasshouse/#"
DEVICES = 50
RECEIVE_MAXIMUM = 1000
_START = datetime(2026, 11, 1, tzinfo=UTC)
_OPEN = 2000


async def broker_for(folder: Path, kind: Kind) -> EmbeddedBroker:
    """A broker with our configuration, on a free port."""
    return await start_broker(folder, "127.0.0.1", 0, kind=kind)


async def queue_up(address: BrokerAddress, client_id: str, count: int, run: int) -> None:
    """Leave `count` readings of one metric waiting for that client. Each run has readings of its own."""
    async with Session(address, client_id=client_id, filters=[FILTER], receive_maximum=RECEIVE_MAXIMUM):
        pass
    async with Session(address, client_id=f"{client_id}-publisher", clean=True) as session:
        waiting: deque[asyncio.Task[int]] = deque()
        for number in range(count):
            topic = f"glasshouse/bench/climate-{number % DEVICES}/reading"
            waiting.append(asyncio.create_task(session.publish_acked(topic, payload(run, number)), name="publish"))
            if len(waiting) > _OPEN:
                await waiting.popleft()
        await asyncio.gather(*waiting)


async def forget(address: BrokerAddress, client_id: str) -> None:
    """Let the broker keep nothing more for that client: what a run left unacknowledged is not the next one's."""
    async with Session(address, client_id=client_id, clean=True, session_expiry_s=0):
        pass


def payload(run: int, number: int) -> bytes:
    """A reading as a plain device writes it: about 110 bytes."""
    moment = _START + timedelta(days=run, seconds=number // DEVICES)
    body = {
        "sensorId": "air",
        "timestamp": moment.isoformat().replace("+00:00", "Z"),
        "seq": number // DEVICES,
        "reading": {"temperature": 20 + number % 97 / 10},
    }
    return json.dumps(body).encode()
