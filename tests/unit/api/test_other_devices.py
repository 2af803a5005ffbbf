"""The page about devices of other dialects: what it registers is heard where it says, and the bridge is not."""

from api.roles import Role
from ingest.foreign import ForeignDevices
from projections.addresses import Addresses
from tests.support.api import House
from tests.support.documents import ROOT, blocks
from tests.support.engines import read_all

PAGE = ROOT / "docs" / "how-to" / "connect-other-devices.md"


async def test_the_devices_that_the_page_registers_are_heard_on_their_topics(house: House) -> None:
    for document in blocks(PAGE, "graphql"):
        for answer in (await house.ask(document, role=Role.OPERATOR)).values():
            assert "device" in answer, answer
    addresses, foreign = Addresses(), ForeignDevices()
    await read_all(house.log, [addresses])
    foreign.know(addresses.devices())
    assert foreign.topics(lambda site: site == "home") == {
        "zigbee2mqtt/greenhouse_valve",
        "zigbee2mqtt/greenhouse_valve/availability",
        "tele/tasmota_4F2A/LWT",
        "tele/tasmota_4F2A/STATE",
        "tele/tasmota_4F2A/SENSOR",
        "tele/tasmota_4F2A/RESULT",
        "stat/tasmota_4F2A/RESULT",
        "shellyplus2pm-a8032abe54dc/online",
        "shellyplus2pm-a8032abe54dc/events/rpc",
        "shellyplus2pm-a8032abe54dc/glasshouse/rpc",
    }
