"""The native dialect, version 1: `glasshouse/<site>/<device>/reading | state | status | ack`, JSON."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from domain.gates import clock_verdict
from ingest.decoders.checks import checked_id, checked_name, checked_text, utc_time
from ingest.decoders.payloads import AckPayload, StatePayload, StatusPayload
from ingest.decoders.readings import decode_reading
from ingest.decoders.strict_json import read_list, read_object
from ingest.facts import Code, Fact, Flaw, UnreadableError
from ingest.identity import ack_event_id, state_event_id
from ingest.limits import ITEMS_PER_LIST, OWN_ID_LENGTH
from ingest.topics import route_of
from schema.actuators import Scalar
from schema.events import ActuatorEvent, Clock, CommandAck, DeviceAnnounced, DeviceStatus
from schema.ids import EventId, device_event_id
from schema.times import to_micros

NAME: Final = "native/1"

_state_decoder = msgspec.json.Decoder(StatePayload)
_status_decoder = msgspec.json.Decoder(StatusPayload)
_ack_decoder = msgspec.json.Decoder(AckPayload)


def decode(topic: str, payload: bytes, received_at: datetime) -> Sequence[Fact | Flaw]:
    """What the message states. Never empty and never an error: what cannot be understood is a flaw."""
    try:
        route = route_of(topic)
        if route.kind == "reading" and payload.lstrip()[:1] == b"[":
            return _decode_list(route.device, payload, received_at)
        return _DECODERS[route.kind](route.device, payload, received_at)
    except UnreadableError as error:
        return (Flaw(error.code, error.reason),)


def _decode_one(device: str, payload: bytes, received_at: datetime) -> Sequence[Fact]:
    return (decode_reading(device, payload, received_at),)


def _decode_list(device: str, payload: bytes, received_at: datetime) -> Sequence[Fact | Flaw]:
    items = read_list(payload)
    if not items:
        raise UnreadableError(Code.EMPTY, "the list of readings is empty")
    if len(items) > ITEMS_PER_LIST:
        raise UnreadableError(Code.TOO_MANY_ITEMS, f"{len(items)} readings in one list, more than {ITEMS_PER_LIST}")
    return [_decode_item(device, index, item, received_at) for index, item in enumerate(items)]


def _decode_item(device: str, index: int, item: bytes, received_at: datetime) -> Fact | Flaw:
    try:
        return decode_reading(device, item, received_at, raw=item)
    except UnreadableError as error:
        return Flaw(error.code, f"item {index}: {error.reason}", raw=item)


def _decode_state(device: str, payload: bytes, received_at: datetime) -> Sequence[Fact]:
    said = read_object(_state_decoder, payload)
    actuator = checked_id(said.actuator_id, "an actuator")
    own_time = None if said.timestamp is None else utc_time(said.timestamp, "timestamp")
    time_us = None if own_time is None else to_micros(own_time)
    event = ActuatorEvent(
        device_id=device,
        actuator_id=actuator,
        timestamp=received_at if own_time is None else own_time,
        state=_checked_state(said.state),
        reason=checked_text(said.reason, "the reason"),
        by=said.by,
        command_id=None if said.command_id is None else checked_name(said.command_id, "a command id", OWN_ID_LENGTH),
        clock=Clock.OK if own_time is None else clock_verdict(own_time, received_at),
    )
    return (Fact(_state_id(said, event, time_us), event, time_us),)


def _state_id(said: StatePayload, event: ActuatorEvent, time_us: int | None) -> EventId | None:
    if said.id is not None:
        return device_event_id(event.device_id, checked_name(said.id, "an id", OWN_ID_LENGTH))
    if time_us is None:
        return None
    return state_event_id(
        event.device_id,
        event.actuator_id,
        time_us=time_us,
        state=event.state,
        reason=event.reason,
        by=event.by,
        command=event.command_id,
    )


def _decode_status(device: str, payload: bytes, received_at: datetime) -> Sequence[Fact]:
    said = read_object(_status_decoder, payload)
    status = DeviceStatus(device_id=device, status=said.status, timestamp=received_at)
    facts = [Fact(None, status)]
    if said.model is not None or said.firmware_version is not None:
        announced = DeviceAnnounced(
            device_id=device,
            timestamp=received_at,
            model=checked_text(said.model, "the model"),
            firmware_version=checked_text(said.firmware_version, "the firmware version"),
        )
        facts.append(Fact(None, announced))
    return facts


def _decode_ack(device: str, payload: bytes, received_at: datetime) -> Sequence[Fact]:
    said = read_object(_ack_decoder, payload)
    ack = CommandAck(
        device_id=device,
        command_id=checked_name(said.command_id, "a command id", OWN_ID_LENGTH),
        result=said.result,
        timestamp=received_at,
        state=None if said.state is None else _checked_state(said.state),
        reason=checked_text(said.reason, "the reason"),
    )
    return (Fact(ack_event_id(device, ack.command_id, ack.result, ack.state, ack.reason), ack),)


def _checked_state(state: Scalar) -> Scalar:
    if isinstance(state, str):
        checked_text(state, "the state")
    return state


_DECODERS: Final[dict[str, Callable[[str, bytes, datetime], Sequence[Fact | Flaw]]]] = {
    "reading": _decode_one,
    "state": _decode_state,
    "status": _decode_status,
    "ack": _decode_ack,
}
