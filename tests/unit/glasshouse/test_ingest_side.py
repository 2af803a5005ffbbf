"""The ingest side takes messages while nothing speaks against it."""

from typing import cast

from prometheus_client import CollectorRegistry

from adapters.event_log.port import EventLog
from adapters.mqtt.address import BrokerAddress
from glasshouse.ingest_side import IngestSide
from glasshouse.owned import Owned
from tests.support.memory_log import MemoryLog


async def test_pressure_and_a_lease_that_is_over_each_stop_all_sessions_until_both_have_passed() -> None:
    owned = Owned.parse(["north", "south"])
    log = cast("EventLog", MemoryLog())
    side = IngestSide(log, BrokerAddress("127.0.0.1", 1), owned.filters, registry=CollectorRegistry())
    pressed = side._pipeline._on_pressure

    def paused() -> list[bool]:
        return [session._paused for session in side.sessions]

    assert paused() == [False, False]
    pressed(True)
    side.allow(False)
    assert paused() == [True, True]
    pressed(False)
    assert paused() == [True, True]
    side.allow(True)
    assert paused() == [False, False]
    await side.stop()
    assert paused() == [True, True]
