"""The devices of other dialects that are heard, by the topics on which they speak.

Each topic is named in full: whatever else is published beside it is not even subscribed to.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from adapters.mqtt.topics import is_publishable
from domain.foreign import ForeignDevice
from ingest.decoders import shelly, tasmota, zigbee2mqtt
from ingest.facts import Fact, Flaw
from ingest.limits import TOPIC_LENGTH
from schema.actuators import Dialect


class Decoder(Protocol):
    """A dialect, as ingest knows it. Both functions are pure."""

    @property
    def NAME(self) -> str:  # noqa: N802 a module's constant
        """With its version, as events carry it."""
        ...

    def topics(self, device: ForeignDevice) -> Sequence[str]:
        """Where such a device speaks."""
        ...

    def decode(self, device: ForeignDevice, topic: str, payload: bytes, received_at: datetime) -> Sequence[Fact | Flaw]:
        """What the message states; empty where it states nothing that is kept."""
        ...


_DECODERS: Final[Mapping[Dialect, Decoder]] = {
    Dialect.ZIGBEE2MQTT: zigbee2mqtt,
    Dialect.TASMOTA: tasmota,
    Dialect.SHELLY: shelly,
}


def decoder_of(device: ForeignDevice) -> Decoder:
    return _DECODERS[device.dialect]


class ForeignDevices:
    """Who speaks where. It is told anew whenever that changes, also while it is asked."""

    def __init__(self) -> None:
        self._by_topic: dict[str, tuple[ForeignDevice, ...]] = {}

    def know(self, devices: Iterable[ForeignDevice]) -> None:
        """These are all. Several may share a topic: each has what it declared of what is said there."""
        by_topic: dict[str, tuple[ForeignDevice, ...]] = {}
        for device in devices:
            for topic in decoder_of(device).topics(device):
                if len(topic) <= TOPIC_LENGTH and is_publishable(topic):
                    by_topic[topic] = (*by_topic.get(topic, ()), device)
        self._by_topic = by_topic

    def at(self, topic: str) -> Sequence[ForeignDevice]:
        return self._by_topic.get(topic, ())

    def topics(self, owns: Callable[[str], bool]) -> frozenset[str]:
        """Where those speak whose site is owned."""
        return frozenset(topic for topic, devices in self._by_topic.items() if any(owns(one.site) for one in devices))
