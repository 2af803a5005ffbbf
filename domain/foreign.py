"""Devices that speak another dialect than ours, as people registered them."""

from typing import Final

import msgspec

from schema.actuators import ActuatorSpec, Dialect
from schema.events import DeviceMetadata

_OURS: Final = "glasshouse"
"""How the topics begin on which our own devices speak, and we to one another."""


class ForeignDevice(msgspec.Struct, frozen=True):
    """Who speaks below an address, and from which site."""

    device_id: str
    site: str
    dialect: Dialect
    address: str
    actuators: tuple[ActuatorSpec, ...] = ()


def foreign_device(metadata: DeviceMetadata) -> ForeignDevice | None:
    """The device; None where it speaks our dialect, or where its address or its site is not known."""
    site, address = (metadata.location or "").partition("/")[0], metadata.address or ""
    if metadata.dialect is Dialect.NATIVE or not site or not _is_plain(address):
        return None
    return ForeignDevice(metadata.device_id, site, metadata.dialect, address, metadata.actuators)


def is_ours(address: str) -> bool:
    """Whether it lies among the topics that are ours: nobody of another dialect is heard there."""
    return address.startswith(_OURS)


def _is_plain(address: str) -> bool:
    """Whether it names one device, and none of ours: whatever was registered, it is not to widen what is listened to."""
    return bool(address) and not set(address) & {"+", "#"} and not address.startswith("$") and not is_ours(address)
