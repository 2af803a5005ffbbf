"""Events of any small house, in any order and however often, for tests of what is a function of them."""

import random

from hypothesis import strategies as st

from schema.events import (
    ActuatorEvent,
    Clock,
    DeviceAnnounced,
    DeviceMetadata,
    DeviceRetired,
    DeviceStatus,
    Event,
    Operation,
    Quality,
    ReadingCorrection,
    SensorReading,
)
from tests.support.house_events import Said, at, pack

devices = st.sampled_from(["tomato-1", "tomato-2"])
times = st.integers(0, 5).map(at)
clocks = st.sampled_from([Clock.OK, Clock.OK, Clock.AHEAD, Clock.UNSET])
names = st.sampled_from(["one", "two"])
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        SensorReading,
        device_id=devices,
        sensor_id=names,
        timestamp=times,
        reading=st.dictionaries(st.sampled_from(["temperature", "humidity"]), st.floats(-10, 10), max_size=2),
        quality=st.sampled_from(Quality),
        clock=clocks,
    ),
    st.builds(ActuatorEvent, device_id=devices, actuator_id=names, timestamp=times, state=st.booleans(), clock=clocks),
    st.builds(DeviceStatus, device_id=devices, timestamp=times, status=names),
    st.builds(
        DeviceAnnounced,
        device_id=devices,
        timestamp=times,
        model=st.none() | names,
        firmware_version=st.none() | names,
    ),
)


def said(event: Event, site: str | None) -> Said:
    return pack(f"device-{getattr(event, 'device_id')}", event, site=site)  # noqa: B009  # each of these types has one


decisions: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        ReadingCorrection,
        device_id=devices,
        correction_id=st.uuids().map(str),
        sensor_id=st.none() | names,
        metric=st.sampled_from(["temperature", "humidity"]),
        start=st.none() | times,
        end=st.none() | times,
        operation=st.sampled_from(Operation),
        amount=st.floats(-100, 100),
        reason=names,
    ),
    st.builds(DeviceRetired, device_id=devices, at=st.none() | times, reason=names),
    st.builds(DeviceMetadata, device_id=devices, location=st.none() | names, located_since=st.none() | times),
)


def decided(number: int, event: Event) -> Said:
    return pack(f"control-{getattr(event, 'device_id')}", event, own_id=str(number))  # noqa: B009  # each of these types has one


def stirred(told: list[Said], seed: int) -> list[Said]:
    """Shuffled, and some of them doubled."""
    chance = random.Random(seed)
    doubled = told + [each for each in told if chance.random() < 0.5]
    chance.shuffle(doubled)
    return doubled


def mixed(told: list[Said], made: list[Said], seed: int) -> list[Said]:
    """What people decided in its order, at any places among the rest."""
    chance, mix = random.Random(seed), list(told)
    places = sorted(chance.randint(0, len(told)) for _ in made)
    for offset, (place, each) in enumerate(zip(places, made, strict=True)):
        mix.insert(place + offset, each)
    return mix
