"""Which registered devices speak another dialect, and at which addresses they can."""

import pytest

from domain.foreign import ForeignDevice, foreign_device
from schema.actuators import Dialect
from schema.events import DeviceMetadata
from tests.support.foreign import SWITCH, registered


def test_a_device_with_a_dialect_an_address_and_a_site_is_one() -> None:
    device = foreign_device(registered(Dialect.TASMOTA, SWITCH, address="tasmota_4F2A"))
    assert device == ForeignDevice("box-1", "north", Dialect.TASMOTA, "tasmota_4F2A", (SWITCH,))


@pytest.mark.parametrize(
    "metadata",
    [
        DeviceMetadata(device_id="a", location="north"),
        DeviceMetadata(device_id="a", location="north", dialect=Dialect.SHELLY),
        DeviceMetadata(device_id="a", dialect=Dialect.SHELLY, address="shellyplus1"),
        DeviceMetadata(device_id="a", location="north", dialect=Dialect.SHELLY, address="#"),
    ],
)
def test_a_device_of_ours_or_of_which_not_enough_is_known_is_none(metadata: DeviceMetadata) -> None:
    assert foreign_device(metadata) is None


@pytest.mark.parametrize("address", ["zigbee2mqtt/Gewächshaus/Ventil", "tasmota_4F2A", "north/%prefix%/valve"])
def test_any_plain_topic_is_an_address(address: str) -> None:
    assert foreign_device(registered(Dialect.TASMOTA, address=address)) is not None


@pytest.mark.parametrize("address", ["a/+/b", "#", "$SYS/a", "glasshouse/north/a", "glasshouse-session"])
def test_no_address_makes_us_listen_to_more_than_one_device_or_to_ourselves(address: str) -> None:
    assert foreign_device(registered(Dialect.TASMOTA, address=address)) is None
