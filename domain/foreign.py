"""Devices that speak another dialect than ours, as people registered them."""

from typing import Final

import msgspec

from schema.actuators import ActuatorSpec, Dialect
from schema.events import DeviceMetadata

_LONGEST: Final = 256
_OURS: Final = "glasshouse"
"""The first level of the topics of our own dialect."""


class ForeignDevice(msgspec.Struct, frozen=True):
    """Who speaks below an address, and from which site."""

    device_id: str
    site: str
    dialect: Dialect
    address: str
    actuators: tuple[ActuatorSpec, ...] = ()


def foreign_device(metadata: DeviceMetadata) -> ForeignDevice | None:
    """The device; None where it speaks our dialect, or where its address or its site is not known."""
    site = (metadata.location or "").partition("/")[0]
    if metadata.dialect is Dialect.NATIVE or not site or metadata.address is None or address_problem(metadata.address):
        return None
    return ForeignDevice(metadata.device_id, site, metadata.dialect, metadata.address, metadata.actuators)


def address_problem(address: str) -> str | None:
    """What is wrong with the base topic of a foreign device, in plain words; None: nothing."""
    if not 0 < len(address) <= _LONGEST or not address.isprintable():
        return f"an address is 1 to {_LONGEST} characters that can be seen"
    if "+" in address or "#" in address:
        return "an address is the topic of one device: + and # cannot be in it"
    if address.startswith(("$", "/")) or address.endswith("/"):
        return "an address does not begin with $ or /, nor end with /"
    if address.partition("/")[0].startswith(_OURS):
        return f"topics of our own dialect begin with {_OURS}: no other device can speak there"
    return None
