"""A broker that will not have us is named in one plain sentence; a session that was taken over does not fight."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.broker import Kind
from adapters.mqtt.errors import (
    BrokerRefusedError,
    BrokerUnansweringError,
    BrokerUntrustedError,
    SessionTakenOverError,
)
from adapters.mqtt.session import Session
from tests.support.brokers import StandaloneBroker, standalone_broker
from tests.support.mqtt import break_connection, publisher, until


@pytest.fixture
async def guarded(kind: Kind, tmp_path: Path) -> AsyncIterator[StandaloneBroker]:
    """A broker that listens beyond loopback."""
    async with standalone_broker(kind, tmp_path / "guarded", host="0.0.0.0") as broker:
        yield broker


async def connect(address: BrokerAddress) -> None:
    async with asyncio.timeout(20), publisher(address):
        pass


async def test_beyond_loopback_our_account_and_that_of_the_devices_get_in(guarded: StandaloneBroker) -> None:
    await connect(guarded.address)
    accounts = guarded.plan.credentials
    assert accounts is not None
    await connect(guarded.plan.address_of(accounts.devices))


async def test_beyond_loopback_nobody_gets_in_without_an_account(guarded: StandaloneBroker) -> None:
    with pytest.raises(BrokerRefusedError, match=r"user or password|Not authori[sz]ed"):
        await connect(BrokerAddress("127.0.0.1", guarded.plan.port))


async def test_a_wrong_password_is_refused_and_not_repeated_in_the_message(guarded: StandaloneBroker) -> None:
    wrong = msgspec.structs.replace(guarded.address, password="open sesame")
    with pytest.raises(BrokerRefusedError) as refused:
        await connect(wrong)
    assert "sesame" not in str(refused.value)


async def test_a_port_that_does_not_speak_mqtt_is_named() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(BrokerUnansweringError, match="closed the connection without an answer"):
            await connect(BrokerAddress("127.0.0.1", port))


async def test_an_mqtt_311_port_is_named(broker: StandaloneBroker) -> None:
    if broker.plan.port == broker.plan.port_v311:
        pytest.skip("this broker speaks both on one port")
    with pytest.raises(BrokerUnansweringError, match="does not speak MQTT 5"):
        await connect(BrokerAddress("127.0.0.1", broker.plan.port_v311))


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    certificate, key = tmp_path / "own.crt", tmp_path / "own.key"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    made = await asyncio.create_subprocess_exec(
        *command.split(), "-keyout", key, "-out", certificate, stderr=asyncio.subprocess.DEVNULL
    )
    assert await made.wait() == 0
    lines = f"certfile {certificate}\nkeyfile {key}\n"
    folder = tmp_path / "broker"
    async with standalone_broker("mosquitto", folder, extra_listener=lines) as broker:
        address = BrokerAddress("localhost", broker.plan.port, tls=True)
        with pytest.raises(BrokerUntrustedError, match="self-signed certificate"):
            await connect(address)


async def test_a_session_taken_over_stops_and_leaves_the_other_alone(broker: StandaloneBroker) -> None:
    first = Session(broker.address, client_id="ingest", filters=["house/#"], exclusive=True)
    second = Session(broker.address, client_id="ingest", filters=["house/#"], exclusive=True)
    running = asyncio.create_task(first.run(), name="first session")
    await first.connected()
    async with second:
        with pytest.raises(SessionTakenOverError, match=r"another client connected to .* as ingest"):
            await running
        assert second.is_connected
        assert second.connects == 1


async def test_a_session_that_only_lost_its_connection_is_not_taken_for_one_taken_over(broker: StandaloneBroker) -> None:
    async with Session(broker.address, client_id="ingest", filters=["house/#"], exclusive=True) as session:
        await broker.kill()
        await broker.start()
        await until(lambda: session.connects == 2)


async def test_a_session_can_come_back_after_its_successor_left_in_order(broker: StandaloneBroker) -> None:
    async with Session(broker.address, client_id="ingest", exclusive=True):
        pass
    async with Session(broker.address, client_id="ingest", exclusive=True) as session:
        await break_connection(session)
        await until(lambda: session.connects == 2)


async def test_a_broker_that_allows_no_claim_does_not_cut_the_session_off_for_ever(tmp_path: Path) -> None:
    async with standalone_broker("mosquitto", tmp_path / "broker", host="0.0.0.0") as broker:
        accounts = broker.plan.credentials
        assert accounts is not None
        address = broker.plan.address_of(accounts.devices)
        topic = "glasshouse/site/device/command/#"
        async with Session(address, client_id="ingest", filters=[topic], exclusive=True) as session:
            await until(lambda: session.connects == 2)
            await session.connected()
            assert await session.publish_acked("glasshouse/site/device/reading", b"{}") < 128
            assert session.connects == 2
