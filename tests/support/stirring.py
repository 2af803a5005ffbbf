"""A made-up house and its faults, and ways in which its messages can come: late, doubled, in any order."""

import random
from collections.abc import Sequence

from schema.events import (
    Clock,
    DeviceMetadata,
    Operation,
    Quality,
    ReadingCorrection,
    SensorReplaced,
    SiteDefined,
)
from tests.support.house_events import Said, at, pack, reading

DEVICES = ("air-1", "air-2", "air-3", "leaf-1", "leaf-2", "light-1")
DAY = 86_400
_DELAYS = (30.0, 30.0, 30.0, 7_200.0, 2.0 * DAY)


def told(events: int, seed: int, days: int = 4) -> list[Said]:
    """Readings by time: walks, with spikes, stretches out of range, flat lines, holes, and words of the devices themselves."""
    chance = random.Random(seed)
    step = days * DAY / events
    walk = dict.fromkeys(DEVICES, 20.0)
    said = []
    for number in range(events):
        device = DEVICES[number % len(DEVICES)]
        if device == "air-3" and number // 500 % 3 == 1:
            continue  # a hole
        if not (device == "leaf-2" and number // 400 % 2):  # which stands still meanwhile
            walk[device] = min(40.0, max(0.0, walk[device] + chance.choice((-0.25, 0.0, 0.25))))
        said.append(_reading(device, number * step, walk[device], chance, str(number)))
    return said


def _reading(device: str, second: float, value: float, chance: random.Random, own_id: str) -> Said:
    value += chance.choices((0.0, 30.0, 500.0, -100.0), (500, 3, 1, 1))[0]
    metrics = {"temperature": value, "humidity": 50.0 + value / 4}
    if device.startswith("leaf"):
        metrics["leaf_temperature"] = value + 1
    if device.startswith("light"):
        metrics = {"par": abs(value) * 10}
    quality = chance.choices(tuple(Quality), (50, 1, 1))[0]
    clock = chance.choices((Clock.OK, Clock.AHEAD), (80, 1))[0]
    return reading(device, second, own_id=own_id, quality=quality, clock=clock, **metrics)  # type: ignore[arg-type]  # names of metrics alone


def decided() -> list[Said]:
    """What people decide about that house, in their order."""

    def correction(device: str, operation: Operation, amount: float | None, *days: float) -> Said:
        start, end = days
        event = ReadingCorrection(
            device_id=device,
            correction_id=f"{operation}-{start}",
            metric="temperature",
            start=at(start * DAY),
            end=at(end * DAY),
            operation=operation,
            amount=amount,
            reason="a test",
        )
        return pack(f"control-{device}", event)

    moved = [DeviceMetadata(device_id=device, location=f"farm/{device[:-2]}/{device}") for device in DEVICES]
    elsewhere = DeviceMetadata(device_id="air-1", location="farm/leaf/air-1", located_since=at(1.5 * DAY))
    replaced = SensorReplaced(device_id="air-2", sensor_id="main", by_device_id="air-3", by_sensor_id="main", at=at(2.2 * DAY))
    return [
        pack("site-farm", SiteDefined(site_id="farm", time_zone="Australia/Lord_Howe")),
        *(pack(f"control-{event.device_id}", event) for event in moved),
        correction("air-1", Operation.OFFSET, 2.0, 0.3, 0.9),
        correction("leaf-1", Operation.SCALE, 0.9, 1, 3),
        pack("control-air-1", elsewhere),
        correction("air-1", Operation.EXCLUDE, None, 0.5, 0.6),
        pack("control-air-2", replaced),
        correction("leaf-1", Operation.RESTORE, None, 2, 2.5),
        pack("site-farm", SiteDefined(site_id="farm", time_zone="Europe/Rome")),
    ]


def shuffled(said: Sequence[Said], seed: int) -> list[Said]:
    """In any order, some of them twice."""
    chance = random.Random(seed)
    doubled = [*said, *chance.sample(said, len(said) // 3)]
    chance.shuffle(doubled)
    return doubled


def delayed(said: Sequence[Said], seed: int) -> list[Said]:
    """As it comes over bad lines: most soon, some hours or days later, some again."""
    chance = random.Random(seed)
    per_second = len(said) / (4 * DAY)
    arrivals = [(place + chance.uniform(0, chance.choice(_DELAYS)) * per_second, each) for place, each in enumerate(said)]
    arrivals += [
        (arrival + chance.uniform(0, DAY) * per_second, each) for arrival, each in chance.sample(arrivals, len(said) // 3)
    ]
    return [each for _, each in sorted(arrivals, key=lambda arrival: arrival[0])]


def mixed(said: Sequence[Said], decisions: Sequence[Said], seed: int) -> list[Said]:
    """What people decided, in its order, at any places among the rest."""
    chance, mix = random.Random(seed), list(said)
    for offset, (place, each) in enumerate(
        zip(sorted(chance.randint(0, len(said)) for _ in decisions), decisions, strict=True)
    ):
        mix.insert(place + offset, each)
    return mix
