"""What mutations of devices do: register, move, replace a sensor, retire."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, Final

from msgspec.structs import replace
from strawberry.types.unset import UNSET

from api.changes import settled
from api.context import Context
from api.declaring import declared
from api.errors import ApiError, ErrorCode
from api.scope import Sight
from api.types.device import Device, device
from api.types.inputs import RegisterDeviceInput, ReplaceSensorInput, RetireDeviceInput
from api.types.results import RegisterDeviceSuccess, ReplaceSensorSuccess, RetireDeviceSuccess
from api.types.segment import sensor_segment
from api.visibility import DECISIONS, LATEST
from api.writes import Known
from domain import decisions_devices as decisions
from domain.decisions import Decision, fold_device
from domain.registration import register_device
from domain.replacements import SensorKey
from projections.latest_queries import DeviceView
from schema.actuators import Dialect
from schema.events import DeviceMetadata, DeviceRetired, Event, SensorReplaced

_TEXTS: Final = ("device_type", "name", "location", "model", "firmware_version")


async def change_device(context: Context, wanted: RegisterDeviceInput) -> RegisterDeviceSuccess:
    changes = _changes(wanted, context.services.sight)

    def decide(events: Sequence[Event]) -> Decision:
        return register_device(fold_device(events), wanted.device_id, changes, context.services.clock())

    known = await _known(context, wanted.device_id)
    change = await context.writer.change(f"control-{wanted.device_id}", context.principal.actor, decide, known=known)
    cursor = await settled(context, change, LATEST, DECISIONS)
    decided = fold_device(change.events) or DeviceMetadata(device_id=wanted.device_id)
    return RegisterDeviceSuccess(device=_as_decided(context, decided), cursor=cursor)


async def replace_sensor(context: Context, wanted: ReplaceSensorInput) -> ReplaceSensorSuccess:
    context.services.require_device(wanted.device_id)
    event, services = _replacement(wanted), context.services
    everything = (services.whole or services).decisions
    sensor = SensorKey(event.device_id, event.sensor_id)

    def decide(events: Sequence[Event]) -> Decision:
        followers = []
        if event.by_device_id is not None and event.by_sensor_id is not None:
            by = SensorKey(event.by_device_id, event.by_sensor_id)
            followers = [by, *(segment.sensor for segment in everything.segments(by))]
        return decisions.replace_sensor(decisions.fold_replaced(events, event.sensor_id), event, followers)

    change = await context.writer.change(f"control-{wanted.device_id}", context.principal.actor, decide)
    cursor = await settled(context, change, DECISIONS, LATEST)
    segments = [sensor_segment(one) for one in services.decisions.segments(sensor)]
    return ReplaceSensorSuccess(segments=segments, cursor=cursor)


async def retire_device(context: Context, wanted: RetireDeviceInput) -> RetireDeviceSuccess:
    context.services.require_device(wanted.device_id)
    now = context.services.clock()

    def decide(events: Sequence[Event]) -> Decision:
        current = decisions.fold_retired(events)
        at = wanted.at
        if at is UNSET:
            at = now if current is None or current.at is None else current.at
        event = DeviceRetired(device_id=wanted.device_id, at=at and at.astimezone(UTC), reason=wanted.reason)
        known = fold_device(events) is not None or context.services.latest.device(wanted.device_id) is not None
        return decisions.retire_device(current, event, known=known)

    stands = await _known(context, wanted.device_id)
    change = await context.writer.change(f"control-{wanted.device_id}", context.principal.actor, decide, known=stands)
    cursor = await settled(context, change, LATEST, DECISIONS)
    decided = fold_device(change.events) or DeviceMetadata(device_id=wanted.device_id)
    retired = decisions.fold_retired(change.events)
    as_decided = _as_decided(context, decided)
    as_decided.retired_at = None if retired is None else retired.at
    return RetireDeviceSuccess(device=as_decided, cursor=cursor)


async def _known(context: Context, device_id: str) -> Known:
    """What its control stream came to: of what became of its commands there may be years to read."""
    services = context.services
    known = await (services.whole or services).commands.control(device_id)
    said: list[Event] = [] if known.control.metadata is None else [known.control.metadata]
    if known.control.retired_at is not None:
        said.append(DeviceRetired(device_id=device_id, at=known.control.retired_at, reason="as is known"))
    return Known(known.revision, known.position, said)


def _changes(wanted: RegisterDeviceInput, sight: Sight | None) -> dict[str, Any]:
    """What is to be otherwise: what is left out stays."""
    given = {name: getattr(wanted, name) for name in (*_TEXTS, "address", "located_since", "dialect", "actuators")}
    changes = {name: value for name, value in given.items() if value is not UNSET}
    if wanted.located_since:
        changes["located_since"] = wanted.located_since.astimezone(UTC)
    if wanted.dialect is not UNSET:
        changes["dialect"] = Dialect.NATIVE if wanted.dialect is None else Dialect(wanted.dialect.word)
    if wanted.actuators is not UNSET:
        changes["actuators"] = declared(wanted.actuators or (), sight)
    return changes


def _replacement(wanted: ReplaceSensorInput) -> SensorReplaced:
    if wanted.by is UNSET:
        raise ApiError(ErrorCode.INVALID_INPUT, "say which sensor goes on in `by`, or null to take back what was said before")
    if wanted.by is None:
        return SensorReplaced(device_id=wanted.device_id, sensor_id=wanted.sensor_id)
    if wanted.at is None:
        raise ApiError(ErrorCode.INVALID_INPUT, "say in `at` from when the other sensor counts")
    return SensorReplaced(
        device_id=wanted.device_id,
        sensor_id=wanted.sensor_id,
        by_device_id=wanted.by.device_id,
        by_sensor_id=wanted.by.sensor_id,
        at=wanted.at.astimezone(UTC),
    )


def _as_decided(context: Context, decided: DeviceMetadata) -> Device:
    """The device as the read model knows it, and with what was decided: that is certain before the read model shows it."""
    fields: dict[str, Any] = {name: getattr(decided, name) for name in _TEXTS}
    spoken: dict[str, Any] = {"dialect": decided.dialect, "address": decided.address, "declared": decided.actuators}
    known = context.services.latest.device(decided.device_id)
    if known is not None:
        return device(replace(known, **{name: text for name, text in fields.items() if text is not None}, **spoken))
    blank: dict[str, Any] = dict.fromkeys(("site", "status", "status_at", "last_seen"))
    return device(DeviceView(device_id=decided.device_id, readings=(), actuators=(), **fields, **blank, **spoken))
