"""From devices to connections, by way of the ledger: nothing is sent that is not written down first."""

import asyncio
from collections.abc import Sequence
from typing import Final

from adapters.mqtt.address import BrokerAddress
from glasshouse.simulator.device import Device
from glasshouse.simulator.gateway import Gateway, OnCommand, now_ms
from glasshouse.simulator.ledger import Ledger
from glasshouse.simulator.message import Message
from glasshouse.simulator.options import SimulationReport
from glasshouse.simulator.receipts import Receipts

CONNECTIONS: Final = 16
_OF_BOXES: Final = 4
"""Connections of the actuator boxes among them, at most: what cuts off a box leaves the sensors alone."""


class Outbox:
    """The connections of a house, and which device speaks over which."""

    def __init__(
        self,
        address: BrokerAddress,
        run: str,
        devices: Sequence[Device],
        *,
        ledger: Ledger,
        report: SimulationReport,
        on_command: OnCommand,
    ) -> None:
        self._ledger = ledger
        self._report = report
        self.receipts = Receipts(ledger, report)
        self._gateways = [
            Gateway(
                f"glasshouse-simulator-{run}-{number}",
                address,
                share,
                ledger=ledger,
                receipts=self.receipts,
                report=report,
                on_command=on_command,
            )
            for number, share in enumerate(_shares(devices))
        ]
        self._gateway_of = {device.name: gateway for gateway in self._gateways for device in gateway.devices}
        self._announced = dict.fromkeys((gateway.name for gateway in self._gateways), 0)

    async def run(self) -> None:
        """Keep all connections, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for gateway in self._gateways:
                tasks.create_task(gateway.run(), name=gateway.name)

    async def connected(self) -> None:
        """Return once all are connected for the first time."""
        await asyncio.gather(*(gateway.connected() for gateway in self._gateways))

    async def submit(self, messages: Sequence[Message]) -> None:
        """Write the messages down, then send those that are not dropped; waits where the broker is slow."""
        entries = await self._ledger.begin([message.line(now_ms()) for message in messages])
        for message, entry in zip(messages, entries, strict=True):
            if message.fault is not None:
                self._report.count(message.fault)
            if entry.line.sent is not None:
                await self._gateway_of[message.device].send(message, entry)

    def lose_link(self, device: Device, seconds: float) -> None:
        """Cut off the device, and those that share its connection; its broker publishes the last will."""
        self._gateway_of[device.name].lose_link(seconds)

    async def announce(self) -> None:
        """Let the devices of every new connection say that they are online."""
        new = [gateway for gateway in self._gateways if gateway.connects != self._announced[gateway.name]]
        self._announced.update((gateway.name, gateway.connects) for gateway in new)
        await self.submit([device.status("online") for gateway in new for device in gateway.devices])

    async def say_goodbye(self) -> None:
        """Let all devices say that they are offline."""
        await self.submit([device.status("offline") for gateway in self._gateways for device in gateway.devices])

    async def all_sent(self) -> None:
        """Return once the broker has answered for all that was submitted."""
        await asyncio.gather(*(gateway.all_sent() for gateway in self._gateways))


def _shares(devices: Sequence[Device]) -> list[Sequence[Device]]:
    """Who shares a connection with whom."""
    boxes = [device for device in devices if device.obeys]
    others = [device for device in devices if not device.obeys]
    own = min(_OF_BOXES, len(boxes))
    return [*_dealt(others, min(CONNECTIONS - own, len(others))), *_dealt(boxes, own)]


def _dealt(devices: Sequence[Device], hands: int) -> list[Sequence[Device]]:
    return [devices[start::hands] for start in range(hands)]
