"""What people declare of a device's actuators: which commands each takes, and what must be so before it takes one."""

from enum import StrEnum
from typing import Annotated

import msgspec

from schema.ids import ID_PATTERN

Id = Annotated[str, msgspec.Meta(pattern=f"^{ID_PATTERN}$")]
Channel = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_]{1,32}$")]
Scalar = str | float | bool
"""The state of an actuator: `"on"`, `0.4`, `true`."""


class Dialect(StrEnum):
    """How a device is spoken to, and speaks, over MQTT."""

    NATIVE = "native"
    ZIGBEE2MQTT = "zigbee2mqtt"
    TASMOTA = "tasmota"
    SHELLY = "shelly"


class ActuatorType(StrEnum):
    """What an actuator is like, and with that which commands it takes where none are declared: `set` to an absolute state.

    A switch is "on" or "off", a level is 0 to 100 %, a cover is "open", "closed" or 0 (closed) to 100 % (open).
    """

    SWITCH = "switch"
    LEVEL = "level"
    COVER = "cover"


class Declared(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", gc=False):
    """A part of a declaration, written as it is said."""


class AllowedCommand(Declared, frozen=True, kw_only=True):
    """A command that an actuator takes: with one of the choices or a number in [minimum, maximum]; with neither, no value."""

    command: Id
    choices: tuple[Scalar, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


class NotWhile(Declared, frozen=True, kw_only=True):
    """Another actuator is in one of these states, or at a number above that. No device: the same device."""

    device_id: Id | None = None
    actuator_id: Id
    states: tuple[Scalar, ...] = ()
    above: float | None = None


class OnlyWith(Declared, frozen=True, kw_only=True):
    """A metric is within bounds, both included, in its canonical unit. No device: the same device."""

    device_id: Id | None = None
    sensor_id: Id | None = None
    metric: str
    at_least: float | None = None
    at_most: float | None = None


class Interlock(Declared, frozen=True, kw_only=True):
    """What holds a command back: `not_while` or `only_with`, judged by a state that is at most so old.

    It concerns commands to one of `values`, or to a number above `above`; with neither, all of them.
    """

    values: tuple[Scalar, ...] = ()
    above: float | None = None
    not_while: NotWhile | None = None
    only_with: OnlyWith | None = None
    max_age_seconds: float = 900.0
    reason: str | None = None


class ActuatorSpec(Declared, frozen=True, kw_only=True):
    """An actuator of a device.

    Switched by hand, it takes no remote command for `override_seconds`. It has `answer_seconds` after a command's deadline to
    say what became of it. `channel` is what the device's own dialect calls it, where it has several of its kind: `l1` at
    Zigbee2MQTT, counted from 1 at Tasmota and from 0 at Shelly. Left out: the first, or the only one.
    """

    actuator_id: Id
    type: ActuatorType = ActuatorType.SWITCH
    channel: Channel | None = None
    commands: tuple[AllowedCommand, ...] = ()
    interlocks: tuple[Interlock, ...] = ()
    override_seconds: float = 900.0
    answer_seconds: float = 30.0
