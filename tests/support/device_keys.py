"""Keys of devices and a Mosquitto that asks for them, for tests of who gets in and how far."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.broker import EmbeddedBroker
from adapters.mqtt.credentials import Account
from adapters.mqtt.errors import BrokerRefusedError, ConnectionLostError
from adapters.mqtt.logins import Login, write_logins
from adapters.mqtt.session import Session
from api.keys import new_key
from tests.support.brokers import StandaloneBroker, standalone_broker
from tests.support.mqtt import publisher

OURS = Account("glasshouse", "a password of ours")


class DeviceKey:
    """A key that delivers, as a device holds it, and the login that the broker is given for it."""

    def __init__(self, *, sites: Iterable[str] = (), devices: Iterable[str] = ()) -> None:
        issued, self.text = new_key(name="device", role="ingest", sites=tuple(sites), devices=tuple(devices))
        assert issued.mqtt_hash is not None
        self.login = Login(user=issued.key_id, password_hash=issued.mqtt_hash, sites=issued.sites, devices=issued.devices)

    def at(self, broker: StandaloneBroker | EmbeddedBroker) -> BrokerAddress:
        return BrokerAddress(broker.address.host, broker.address.port, username=self.login.user, password=self.text)


@asynccontextmanager
async def guarded_broker(folder: Path, *keys: DeviceKey) -> AsyncIterator[StandaloneBroker]:
    """A Mosquitto that lets in who has one of these keys, and us."""
    async with standalone_broker("mosquitto", folder, host="0.0.0.0") as broker:
        await let_in(broker, folder, *keys)
        broker.address = BrokerAddress("127.0.0.1", broker.plan.port, username=OURS.user, password=OURS.password)
        yield broker


async def let_in(broker: StandaloneBroker, folder: Path, *keys: DeviceKey) -> None:
    """From now on these keys get in, and no others."""
    await asyncio.to_thread(write_logins, folder, OURS, [key.login for key in keys])
    os.kill(broker.pid, signal.SIGHUP)


async def says(address: BrokerAddress, topic: str) -> bool:
    """Whether somebody who connects there may publish to the topic."""
    async with publisher(address, client_id="speaker") as session:
        return await may_say(session, topic)


async def may_say(session: Session, topic: str) -> bool:
    """Mosquitto cuts off who says more than he may."""
    try:
        return await session.publish_acked(topic, b"{}") < 128
    except ConnectionLostError:
        return False


async def gets_in(address: BrokerAddress) -> bool:
    try:
        async with publisher(address, client_id="knocking"):
            return True
    except BrokerRefusedError:
        return False
