"""A native reading: values to canonical units, what is missing, what is out of range, what the clock is worth."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite

import msgspec

from domain.gates import clock_verdict, range_verdict
from ingest.decoders.checks import checked_id, checked_name, unit_of, utc_time
from ingest.decoders.payloads import ReadingPayload
from ingest.decoders.strict_json import read_object
from ingest.facts import Code, Fact, UnreadableError
from ingest.identity import reading_event_id
from ingest.limits import METRICS_PER_READING, OWN_ID_LENGTH
from schema.events import Clock, Quality, SensorReading
from schema.ids import EventId, device_event_id
from schema.metrics import METRICS
from schema.times import to_micros

_decoder = msgspec.json.Decoder(ReadingPayload)


def decode_reading(device: str, payload: bytes, received_at: datetime, raw: bytes | None = None) -> Fact:
    """One reading of one sensor; UnreadableError where it cannot be understood."""
    said = read_object(_decoder, payload)
    if len(said.reading) > METRICS_PER_READING:
        raise UnreadableError(
            Code.TOO_MANY_METRICS, f"{len(said.reading)} metrics in one reading, more than {METRICS_PER_READING}"
        )
    sensor = "main" if said.sensor_id is None else checked_id(said.sensor_id, "a sensor")
    own_time = None if said.timestamp is None else utc_time(said.timestamp, "timestamp")
    time_us = None if own_time is None else to_micros(own_time)
    reading, units, unknown = canonical(said.reading, said.units or {})
    return Fact(
        id=_event_id(device, sensor, said, time_us),
        event=SensorReading(
            device_id=device,
            sensor_id=sensor,
            timestamp=received_at if own_time is None else own_time,
            reading=reading,
            units=units,
            quality=said.quality or Quality.GOOD,
            verdicts={name: why for name, value in reading.items() if (why := range_verdict(name, value))},
            missing=() if len(reading) == len(said.reading) else tuple(sorted(said.reading.keys() - reading.keys())),
            clock=Clock.OK if own_time is None else clock_verdict(own_time, received_at),
            seq=said.seq,
            sent_at=None if said.sent_at is None else utc_time(said.sent_at, "sentAt"),
        ),
        time_us=time_us,
        unknown=unknown,
        raw=raw,
    )


def _event_id(device: str, sensor: str, said: ReadingPayload, time_us: int | None) -> EventId | None:
    if said.id is not None:
        return device_event_id(device, checked_name(said.id, "an id", OWN_ID_LENGTH))
    if time_us is None and said.seq is None:
        return None
    return reading_event_id(
        device,
        sensor,
        time_us=time_us,
        seq=said.seq,
        reading=said.reading,
        units=said.units,
        quality=said.quality or Quality.GOOD,
    )


def canonical(
    said: Mapping[str, float | None], said_units: Mapping[str, str]
) -> tuple[dict[str, float], dict[str, str], tuple[str, ...]]:
    """The values in canonical units, their units, and the names of metrics that are not known."""
    reading: dict[str, float] = {}
    units: dict[str, str] = {}
    unknown: tuple[str, ...] = ()
    for name, value in said.items():
        known = METRICS.get(name)
        if known is None:
            unknown = (*unknown, checked_name(name, "a metric"))
        unit = said_units.get(name)
        if unit is not None:
            scale = unit_of(name, unit)
            value = None if value is None else _finite(name, value * scale.scale + scale.offset)  # noqa: PLW2901 a step on its way
        if value is not None:
            reading[name] = value
            if known is not None:
                units[name] = known.unit
            elif unit is not None:
                units[name] = unit
    return reading, units, unknown


def _finite(name: str, value: float) -> float:
    if not isfinite(value):
        raise UnreadableError(Code.NOT_FINITE, f"{name} is too large for a number in its canonical unit")
    return value
