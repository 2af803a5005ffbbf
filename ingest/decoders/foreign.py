"""What the decoders of the other dialects have in common: their readings, states and words for being there."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import msgspec

from domain.foreign import ForeignDevice
from domain.gates import clock_verdict, range_verdict
from ingest.decoders.checks import checked_id, utc_time
from ingest.decoders.readings import canonical
from ingest.facts import Code, Fact, Flaw, UnreadableError
from ingest.identity import marked_reading_event_id, reading_event_id, state_event_id
from ingest.limits import METRICS_PER_READING, TEXT_LENGTH
from schema.actuators import Scalar
from schema.events import ActuatorEvent, Clock, DeviceStatus, Quality, SensorReading
from schema.ids import EventId
from schema.times import to_micros

MAIN: Final = "main"
"""The sensor of a device that does not name several."""
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class When(msgspec.Struct, frozen=True):
    """When something was so: as the device says, or, where it does not, when we received it.

    `mark` is the device's own word for it where we cannot tell which moment is meant, a local time.
    """

    received_at: datetime
    own: datetime | None = None
    mark: str | None = None

    @property
    def at(self) -> datetime:
        return self.received_at if self.own is None else self.own

    @property
    def own_us(self) -> int | None:
        return None if self.own is None else to_micros(self.own)

    @property
    def clock(self) -> Clock:
        return Clock.OK if self.own is None else clock_verdict(self.own, self.received_at)


def when(said: object, received_at: datetime) -> When:
    """By a time as devices write it: RFC 3339, with an offset or without, or a number of milliseconds since the epoch."""
    if isinstance(said, str):
        with suppress(ValueError, UnreadableError):
            stated = datetime.fromisoformat(said)
            if stated.tzinfo is not None:
                return When(received_at, utc_time(stated, "the time"))
        return When(received_at, mark=said[:TEXT_LENGTH] if said.isprintable() else None)
    if isinstance(said, int | float) and not isinstance(said, bool):
        with suppress(UnreadableError):
            return When(received_at, utc_time(said, "the time"))
    return When(received_at)


def facts_of(parts: Iterable[Callable[[], Fact | None]]) -> Sequence[Fact | Flaw]:
    """What each part of a message states; one that cannot be understood leaves the others as they are."""
    said: list[Fact | Flaw] = []
    for part in parts:
        try:
            fact = part()
        except UnreadableError as error:
            said.append(Flaw(error.code, error.reason))
        else:
            if fact is not None:
                said.append(fact)
    return said


def reading(
    device: ForeignDevice, sensor: str, values: Mapping[str, float | None], units: Mapping[str, str], moment: When
) -> Fact | None:
    """One reading of one sensor, in canonical units; None where there is nothing in it."""
    if not values:
        return None
    if len(values) > METRICS_PER_READING:
        raise UnreadableError(Code.TOO_MANY_METRICS, f"{len(values)} metrics in one reading, more than {METRICS_PER_READING}")
    checked_id(sensor, "a sensor")
    named = {name: unit for name, unit in units.items() if name in values}
    known, known_units, unknown = canonical(values, named)
    event = SensorReading(
        device_id=device.device_id,
        sensor_id=sensor,
        timestamp=moment.at,
        reading=known,
        units=known_units,
        verdicts={name: why for name, value in known.items() if (why := range_verdict(name, value))},
        missing=tuple(sorted(values.keys() - known.keys())),
        clock=moment.clock,
    )
    event_id = _reading_id(device.device_id, sensor, values, named, moment)
    return Fact(event_id, event, moment.own_us, unknown, recent=moment.own is None)


def state(device: ForeignDevice, actuator: str, value: Scalar, moment: When, by: str | None = None) -> Fact:
    """The state that an actuator is in."""
    event = ActuatorEvent(
        device_id=device.device_id, actuator_id=actuator, timestamp=moment.at, state=value, by=by, clock=moment.clock
    )
    return Fact(_state_id(event, moment), event, moment.own_us)


def status(device: ForeignDevice, payload: bytes, online: bytes, offline: bytes, received_at: datetime) -> Fact:
    """Whether the device is there, by its words for it."""
    words = {online: "online", offline: "offline"}
    if payload not in words:
        shown = payload[:80].decode(errors="replace")
        raise UnreadableError(Code.BAD_VALUE, f"{shown!r} is neither {online.decode()} nor {offline.decode()}")
    return Fact(None, DeviceStatus(device_id=device.device_id, status=words[payload], timestamp=received_at))


def number(said: Any) -> float | None:
    """The number that JSON has there; None where it has none."""
    return float(said) if isinstance(said, int | float) and not isinstance(said, bool) and math.isfinite(said) else None


def percent(said: Any) -> float | None:
    """A number of whole percent, as actuators are set to; None where there is none from 0 to 100."""
    value = number(said)
    return float(round(value)) if value is not None and 0 <= value <= 100 else None  # noqa: PLR2004 the whole


def plain_number(payload: bytes) -> float:
    """The number that is all of the payload; UnreadableError where it is none."""
    try:
        value = float(payload)
    except ValueError:
        raise UnreadableError(Code.WRONG_TYPE, f"{payload[:80].decode(errors='replace')!r} is not a number") from None
    if not math.isfinite(value):
        raise UnreadableError(Code.NOT_FINITE, f"{value} is not a number that can be stored")
    return value


def snake_case(name: str) -> str:
    """`ApparentPower` as we would write it: `apparent_power`."""
    return _WORDS.sub("_", name).lower()


def _reading_id(
    device: str, sensor: str, values: Mapping[str, float | None], units: Mapping[str, str], moment: When
) -> EventId | None:
    if moment.own is not None:
        return reading_event_id(
            device, sensor, time_us=moment.own_us, seq=None, reading=values, units=units, quality=Quality.GOOD
        )
    return None if moment.mark is None else marked_reading_event_id(device, sensor, moment.mark, values, units)


def _state_id(event: ActuatorEvent, moment: When) -> EventId | None:
    if moment.own_us is None:
        return None
    return state_event_id(
        event.device_id,
        event.actuator_id,
        time_us=moment.own_us,
        state=event.state,
        reason=None,
        by=event.by,
        command=None,
    )
