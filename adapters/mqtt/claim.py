"""Who holds a client id, said on a retained topic: neither Mosquitto 2.0.11 nor iotcore tells a session that it was taken over.

Each session that comes up writes its own name there. One that was cut off without a word looks, under another client id,
whether its name still stands, before it throws out whoever came in between.
"""

import asyncio
import contextlib
from typing import Final

import structlog

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.connection import Connection, Hello
from adapters.mqtt.errors import BrokerRefusedError
from adapters.mqtt.message import Message

_LOOK_S: Final = 0.5
"""How long a broker may take to send a retained message; it is the first thing that comes after the SUBACK."""


def claim_topic(client_id: str) -> str:
    """Where the holder of a client id is named; outside of the topics that devices use."""
    return f"glasshouse-session/{client_id}"


async def current_claim(address: BrokerAddress, client_id: str) -> bytes | None:
    """Who holds the client id; None where nobody says so, or the broker does not let us look."""
    claim: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def on_message(message: Message) -> None:
        if not claim.done():
            claim.set_result(message.payload)

    looking = Connection(address, _onlooker(client_id), on_message, paused=False)
    try:
        await looking.open()
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(claim, _LOOK_S)
    except BrokerRefusedError as error:
        structlog.get_logger().info("mqtt session cannot be guarded", client_id=client_id, reason=str(error))
    finally:
        await looking.close()
    return None


def _onlooker(client_id: str) -> Hello:
    return Hello(
        client_id=f"{client_id}-onlooker",
        clean=True,
        session_expiry_s=0,
        receive_maximum=10,
        will=None,
        filters=[claim_topic(client_id)],
        no_local=False,
    )
