"""A moment in the past, and what of a device's present state was so then already."""

from collections.abc import Hashable
from datetime import datetime

import msgspec

from projections.device_state import DeviceState, Said


class Moment(msgspec.Struct, frozen=True):
    """What was measured up to `as_of` (from `since` on), and recorded up to `known_us`; None is any."""

    as_of: datetime
    since: datetime | None = None
    known_us: int | None = None

    def holds(self, timestamp: datetime, recorded_us: int) -> bool:
        return (
            timestamp <= self.as_of
            and (self.since is None or timestamp >= self.since)
            and (self.known_us is None or recorded_us <= self.known_us)
        )


def begun(present: DeviceState, moment: Moment) -> DeviceState:
    """What is the latest now, and was so then."""

    def so(said: Said | None) -> Said | None:
        return said if said is not None and moment.holds(said.timestamp, said.recorded_us) else None

    return DeviceState(
        present.device_id,
        site=present.site,
        model=so(present.model),
        firmware_version=so(present.firmware_version),
        status=so(present.status),
        decided=present.decided,
        readings={
            sensor: {metric: heard for metric, heard in held.items() if moment.holds(heard.timestamp, heard.recorded_us)}
            for sensor, held in present.readings.items()
        },
        actuators={name: one for name, one in present.actuators.items() if moment.holds(one.timestamp, one.recorded_us)},
    )


def said_by(device: DeviceState) -> dict[Hashable, datetime]:
    """Of each thing that the device said, when it said so."""
    words = {"model": device.model, "firmware": device.firmware_version, "status": device.status}
    return {
        **{name: word.timestamp for name, word in words.items() if word is not None},
        **{("actuator", name): one.timestamp for name, one in device.actuators.items()},
        **{(sensor, metric): heard.timestamp for sensor, held in device.readings.items() for metric, heard in held.items()},
    }
