"""A broker that fell silent is noticed; one that we hold back ourselves is not taken for dead."""

import os
import signal

import pytest

from adapters.mqtt import connection
from adapters.mqtt.client import Heartbeat
from adapters.mqtt.session import Session
from tests.support.brokers import StandaloneBroker
from tests.support.mqtt import Desk, publisher, until


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "KEEP_ALIVE_S", 1)


async def test_a_frozen_broker_is_noticed_and_the_session_comes_back_when_it_thaws(broker: StandaloneBroker) -> None:
    async with Session(broker.address, client_id="ingest", filters=["house/#"]) as session:
        os.kill(broker.pid, signal.SIGSTOP)
        await until(lambda: not session.is_connected)
        os.kill(broker.pid, signal.SIGCONT)
        await until(lambda: session.connects == 2)


async def test_holding_back_for_longer_than_the_keep_alive_costs_no_connection(
    broker: StandaloneBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    pings = 0
    ping = Heartbeat._send_ping_request

    def counted(heartbeat: Heartbeat) -> None:
        nonlocal pings
        pings += heartbeat._protocol.on_hold
        ping(heartbeat)

    monkeypatch.setattr(Heartbeat, "_send_ping_request", counted)
    desk = Desk(at_once=True)
    async with Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk) as session:
        session.pause()
        async with publisher(broker.address) as sender:
            await sender.publish_acked("house/a", b"held")
        await until(lambda: pings == 5)
        assert session.connects == 1
        session.resume()
        await until(lambda: desk.payloads == [b"held"])
        assert session.connects == 1
