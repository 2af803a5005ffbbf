"""The actuator boxes of a house: who gets which command that arrives, and what they all do about them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog

from adapters.mqtt.message import Message as Arrived
from glasshouse.simulator.box import Box, Command, LoseLink
from glasshouse.simulator.device import Device
from glasshouse.simulator.house import House
from glasshouse.simulator.message import Message
from glasshouse.simulator.options import SimulationOptions, SimulationReport

_read = msgspec.json.Decoder(Command).decode


class Boxes:
    """Those of the devices that are actuator boxes."""

    def __init__(self, devices: Sequence[Device], options: SimulationOptions, report: SimulationReport) -> None:
        boxes = [Box(device, options.mishaps, options.seed) for device in devices if device.obeys]
        self._boxes = {box.device.topic: box for box in boxes}
        self._report = report

    def take(self, arrived: Arrived, now: datetime) -> None:
        """A command arrived. One that cannot be read is left alone: nobody could be told."""
        box = self._boxes[arrived.topic.rpartition("/command/")[0]]
        try:
            command = _read(arrived.payload)
        except msgspec.MsgspecError as error:
            structlog.get_logger().warning("command_not_readable", topic=arrived.topic, reason=str(error))
            return
        self._report.commands += box.take(command, now)

    def act(self, house: House, now: datetime, lose_link: LoseLink) -> list[Message]:
        """Let every box do what is due; what they say about it."""
        said: list[Message] = []
        for box in self._boxes.values():
            messages, mishaps = box.act(house.zone(box.device.zone), now, lose_link)
            said += messages
            for mishap in mishaps:
                self._report.befell(mishap)
        return said
