"""A session hears other topics from one moment to the next, beside its own filters, and comes back with what it heard last."""

from adapters.mqtt.session import Session
from tests.support.brokers import StandaloneBroker
from tests.support.mqtt import Desk, break_connection, publisher, until

VENT, VALVE = "zigbee2mqtt/Lüftung", "zigbee2mqtt/valve"


async def test_topics_are_added_and_dropped_while_it_runs(broker: StandaloneBroker) -> None:
    desk = Desk(at_once=True)
    async with (
        Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk) as session,
        publisher(broker.address) as sender,
    ):
        await sender.publish_acked(VENT, b"kept", retain=True)
        session.also_hear({VENT})
        await until(lambda: desk.payloads == [b"kept"])
        await sender.publish_acked(VALVE, b"kept, too", retain=True)
        session.also_hear({VALVE})
        await until(lambda: desk.payloads == [b"kept", b"kept, too"])
        await sender.publish_acked(VENT, b"unheard")
        await sender.publish_acked("house/a", b"own")
        await sender.publish_acked(VALVE, b"heard")
        await until(lambda: desk.has(4))
        assert desk.payloads == [b"kept", b"kept, too", b"own", b"heard"]


async def test_what_it_hears_besides_is_heard_again_after_a_reconnect(broker: StandaloneBroker) -> None:
    desk = Desk(at_once=True)
    async with Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk, session_expiry_s=0) as session:
        session.also_hear({VENT})
        await break_connection(session)
        session.also_hear({VALVE, VENT})
        await session.connected()
        async with publisher(broker.address) as sender:
            await sender.publish_acked(VALVE, b"a", retain=True)
            await sender.publish_acked(VENT, b"b", retain=True)
            await until(lambda: set(desk.payloads) == {b"a", b"b"})


async def test_a_topic_of_an_earlier_session_is_heard_until_it_is_forgotten(broker: StandaloneBroker) -> None:
    desk = Desk(at_once=True)
    async with Session(broker.address, client_id="ingest", filters=[VENT, "house/#"]):
        pass
    async with (
        Session(broker.address, client_id="ingest", filters=["house/#"], handler=desk) as session,
        publisher(broker.address) as sender,
    ):
        await sender.publish_acked(VENT, b"of before")
        await until(lambda: desk.payloads == [b"of before"])
        await sender.publish_acked(VALVE, b"mark", retain=True)
        session.forget(VENT)
        session.also_hear({VALVE})
        await until(lambda: desk.has(2))
        await sender.publish_acked(VENT, b"unheard")
        await sender.publish_acked("house/a", b"own")
        await until(lambda: b"own" in desk.payloads)
    heard = [b"of before", b"mark", b"own"]
    assert [payload for payload in desk.payloads if payload in heard] == heard
    assert broker.plan.kind == "iotcore" or b"unheard" not in desk.payloads  # which goes on with what it remembers
