"""The devices of a house, each with its link: who speaks next, and what leaves when he does."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from itertools import cycle
from random import Random

from glasshouse.simulator.device import Device
from glasshouse.simulator.house import House
from glasshouse.simulator.message import Message
from glasshouse.simulator.options import SimulationOptions
from glasshouse.simulator.radio import Radio
from glasshouse.simulator.sensors import MIX


class Fleet:
    """N devices that speak in turn. `sequences` is the last number that each has used already."""

    def __init__(self, options: SimulationOptions, run: str, sequences: Mapping[str, int]) -> None:
        self.devices = _build(options, run, sequences)
        radios = [Radio(Random(f"{options.seed}/{device.name}/radio")) for device in self.devices]  # noqa: S311
        self._pairs = list(zip(self.devices, radios, strict=True))
        self._turn = cycle(self._pairs)

    def speak(self, house: House, now: datetime) -> list[Message]:
        """The next device in turn speaks: what leaves it now, which may be what it said before."""
        device, radio = next(self._turn)
        return radio.pass_on(device.speak(house, now))

    def rest(self) -> list[Message]:
        """All that is still held back somewhere."""
        return [message for _, radio in self._pairs for message in radio.rest()]


def _build(options: SimulationOptions, run: str, sequences: Mapping[str, int]) -> list[Device]:
    """Devices by kind in the mix; those of a kind are spread over the zones. Every fifth has no event ids of its own."""
    seen: Counter[str] = Counter()
    devices: list[Device] = []
    for index in range(options.devices):
        kind = MIX[index % len(MIX)]
        seen[kind] += 1
        name = f"{options.prefix}{kind}-{seen[kind]}"
        devices.append(
            Device(
                name=name,
                site=options.site,
                kind=kind,
                zone=seen[kind] - 1,
                seed=options.seed,
                run=run,
                rates=options.faults,
                sequence=sequences.get(name, 0),
                own_ids=index % 5 != 4,  # noqa: PLR2004 (every fifth)
                iso_times=index % 2 == 1,
            )
        )
    return devices
