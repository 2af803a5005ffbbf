"""The event types: what can happen in a greenhouse, as facts in the past tense of whoever states them.

Names in JSON are camelCase. Every field that is added later is optional, so that old code reads newer events.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from schema.actuators import ActuatorSpec, Dialect, Id, Scalar

UtcTime = Annotated[datetime, msgspec.Meta(tz=True)]


class Quality(StrEnum):
    """How far a value can be trusted. From best to worst."""

    GOOD = "good"
    SUSPECTED = "suspected"
    BAD = "bad"


class Operation(StrEnum):
    """What a correction does to a value."""

    SCALE = "scale"
    OFFSET = "offset"
    REPLACE = "replace"
    EXCLUDE = "exclude"
    RESTORE = "restore"


class Clock(StrEnum):
    """What is wrong with a device's clock, seen from ours: such an event is kept, and is never "latest"."""

    OK = "ok"
    AHEAD = "ahead"
    UNSET = "unset"


class Event(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", gc=False):
    """An event's data. The registry gives each type its name and version. Without cycles, so the collector may pass it by."""


class SensorReading(Event, frozen=True, kw_only=True):
    """A device read its sensor. `reading` is {metric: value in the metric's canonical unit}; NaN and null are `missing`.

    `quality` is the device's own word; `verdicts` is {metric: reason} for each value that a check found bad.
    """

    device_id: Id
    sensor_id: Id
    timestamp: UtcTime
    reading: dict[str, float]
    units: dict[str, str] = {}
    quality: Quality = Quality.GOOD
    verdicts: dict[str, str] = {}
    missing: tuple[str, ...] = ()
    clock: Clock = Clock.OK
    seq: int | None = None
    sent_at: UtcTime | None = None


class ActuatorCommand(Event, frozen=True, kw_only=True):
    """Somebody wants an actuator changed: over the API, or by hand at the device itself (`by` = "device").

    It is sent before its deadline or never. `hold` says that it waits for a device that is offline. `sets_back` is the command
    whose effect it undoes.
    """

    device_id: Id
    actuator_id: Id
    timestamp: UtcTime
    command: str
    value: Scalar | None = None
    correlation_id: str
    command_id: str | None = None
    deadline: UtcTime | None = None
    by: str | None = None
    hold: bool = False
    sets_back: str | None = None


class ActuatorEvent(Event, frozen=True, kw_only=True):
    """An actuator is in a state."""

    device_id: Id
    actuator_id: Id
    timestamp: UtcTime
    state: Scalar
    reason: str | None = None
    by: str | None = None
    command_id: str | None = None
    clock: Clock = Clock.OK


class CommandAck(Event, frozen=True, kw_only=True):
    """A device answered a command. `result` is accepted, succeeded, failed or rejected."""

    device_id: Id
    command_id: str
    result: str
    timestamp: UtcTime
    state: Scalar | None = None
    reason: str | None = None


class StateSnapshot(Event, frozen=True, kw_only=True):
    """The control state of a device at a moment: {actuator: state}, as in heater on, fan off."""

    device_id: Id
    timestamp: UtcTime
    state: dict[str, Scalar]


class DeviceStatus(Event, frozen=True, kw_only=True):
    """A device came online or went offline (its last will)."""

    device_id: Id
    status: str
    timestamp: UtcTime


class DeviceAnnounced(Event, frozen=True, kw_only=True):
    """A device told its model or firmware, first or changed."""

    device_id: Id
    timestamp: UtcTime
    model: str | None = None
    firmware_version: str | None = None


class DeviceMetadata(Event, frozen=True, kw_only=True):
    """What people decided about a device. `location` is a path `site/house/zone`.

    `located_since` is from when it counts. Left out: a first location always did, a later one since it was decided.
    `address` is the base topic of a device that speaks another dialect than ours.
    """

    device_id: Id
    device_type: str | None = None
    name: str | None = None
    location: str | None = None
    model: str | None = None
    firmware_version: str | None = None
    located_since: UtcTime | None = None
    dialect: Dialect = Dialect.NATIVE
    address: str | None = None
    actuators: tuple[ActuatorSpec, ...] = ()


class ReadingCorrection(Event, frozen=True, kw_only=True):
    """A stretch of a device's readings was wrong: of this metric, of one sensor or of all, measured in [from, to).

    No `from` is since ever, no `to` for ever. `amount` is the factor, the offset or the value itself, in the metric's unit.
    Corrections work in the order of their stream, each on what the one before left; `restore` undoes those before it.
    """

    device_id: Id
    correction_id: Id
    sensor_id: Id | None = None
    metric: str
    start: UtcTime | None = msgspec.field(default=None, name="from")
    end: UtcTime | None = msgspec.field(default=None, name="to")
    operation: Operation
    amount: float | None = None
    reason: str


class SensorReplaced(Event, frozen=True, kw_only=True):
    """Another sensor goes on, from a moment on, with what a sensor measured. Without another it was not replaced after all."""

    device_id: Id
    sensor_id: Id
    by_device_id: Id | None = None
    by_sensor_id: Id | None = None
    at: UtcTime | None = None


class DeviceRetired(Event, frozen=True, kw_only=True):
    """A device is out of service from a moment on: its silence means nothing. Without a moment it is in service again."""

    device_id: Id
    at: UtcTime | None = None
    reason: str


class SiteDefined(Event, frozen=True, kw_only=True):
    """A site, with the IANA time zone of its own days."""

    site_id: Id
    name: str | None = None
    time_zone: str = "UTC"
