"""What may be declared of a device's actuators, and of how it is spoken to: what is wrong with it, told by where it stands."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from domain.allowed import SET, takes_value
from domain.decisions import id_problem, text_problem
from domain.declared_interlocks import interlock_problems
from domain.declared_values import count_problems, range_problems, seconds_problems, states_problems
from domain.foreign import is_ours
from schema.actuators import ActuatorSpec, ActuatorType, AllowedCommand, Dialect
from schema.complaints import quoted
from schema.events import DeviceMetadata

MAX_ACTUATORS: Final = 32
MAX_COMMANDS: Final = 16
MAX_INTERLOCKS: Final = 16
"""Of one actuator."""
MAX_LEVELS: Final = 8
"""Of a device's topic."""
_FIRST: Final = {Dialect.TASMOTA: 1, Dialect.SHELLY: 0}
"""The first channel of dialects that count them. Tasmota means all of them by 0, those that were not declared, too."""
_is_channel = re.compile(r"[A-Za-z0-9_]{1,32}").fullmatch


def declaration_problem(device: DeviceMetadata) -> str | None:
    """The first thing that is wrong with what was declared; None where nothing is."""
    return next(_problems(device), None)


def _problems(device: DeviceMetadata) -> Iterator[str]:
    yield from _address_problems(device.dialect, device.address)
    yield from count_problems("actuators", device.actuators, MAX_ACTUATORS)
    for place, spec in enumerate(device.actuators):
        yield from _actuator_problems(f"actuators[{place}]", device, spec)
    yield from _double_problems(device)


def _address_problems(dialect: Dialect, address: str | None) -> Iterator[str]:
    if dialect is Dialect.NATIVE:
        if address is not None:
            yield "address is for other dialects: a native device speaks below glasshouse/<site>/<device>; make it null"
        return
    if address is None:
        yield f"address must be the topic that the device speaks on: {dialect} knows no other name for it"
        return
    yield from filter(None, [text_problem("address", address)])
    levels = address.split("/")
    if len(levels) > MAX_LEVELS or not all(levels) or set(address) & {"+", "#"} or address.startswith("$"):
        yield f"address must be a plain topic, at most {MAX_LEVELS} deep, without wildcards; {quoted(address)} is not"
    if is_ours(address):
        yield f"address must not begin with glasshouse, as our own topics do; {quoted(address)} does"


def _actuator_problems(where: str, device: DeviceMetadata, spec: ActuatorSpec) -> Iterator[str]:
    yield from filter(None, [id_problem(f"{where}.actuatorId", spec.actuator_id)])
    yield from _channel_problems(f"{where}.channel", device.dialect, spec.channel)
    yield from seconds_problems(f"{where}.overrideFor", spec.override_seconds)
    yield from seconds_problems(f"{where}.answerWithin", spec.answer_seconds)
    yield from count_problems(f"{where}.commands", spec.commands, MAX_COMMANDS)
    for place, command in enumerate(spec.commands):
        yield from _command_problems(f"{where}.commands[{place}]", device.dialect, command)
    yield from count_problems(f"{where}.interlocks", spec.interlocks, MAX_INTERLOCKS)
    for place, interlock in enumerate(spec.interlocks):
        yield from interlock_problems(f"{where}.interlocks[{place}]", device.device_id, spec, interlock)


def _channel_problems(where: str, dialect: Dialect, channel: str | None) -> Iterator[str]:
    if channel is None:
        return
    if dialect is Dialect.NATIVE:
        yield f"{where} is for other dialects: a native device knows its actuators by their ids"
    if _is_channel(channel) is None:
        yield f"{where} must be 1 to 32 letters, digits or '_'; {quoted(channel)} is not"
    first = _FIRST.get(dialect)
    if first is not None and not (channel.isdecimal() and channel == str(int(channel)) and int(channel) >= first):
        yield f"{where} must be a number, as {dialect} counts its channels from {first} on; {quoted(channel)} is none of these"


def _command_problems(where: str, dialect: Dialect, allowed: AllowedCommand) -> Iterator[str]:
    yield from filter(None, [id_problem(f"{where}.command", allowed.command)])
    yield from states_problems(f"{where}.choices", allowed.choices)
    yield from range_problems(where, "minimum", allowed.minimum, "maximum", allowed.maximum)
    if dialect is not Dialect.NATIVE and (allowed.command != SET or not takes_value(allowed)):
        yield f"{where}: a device that speaks {dialect} takes only `{SET}`, with choices or a range"


def _double_problems(device: DeviceMetadata) -> Iterator[str]:
    ids = Counter(spec.actuator_id for spec in device.actuators)
    yield from (f"actuators names {id_} {times} times" for id_, times in ids.items() if times > 1)
    if device.dialect is not Dialect.NATIVE:
        parts = Counter((spec.type, _channel(device.dialect, spec)) for spec in device.actuators)
        for (type_, channel), times in parts.items():
            if times > 1:
                told = _channel_told(device.dialect, channel)
                yield f"actuators has {times} of the type {type_} with {told}: the device cannot tell them apart"


def _channel(dialect: Dialect, spec: ActuatorSpec) -> str | None:
    """Which it is, named or not. A Tasmota's dimmer without a channel is all of the light."""
    is_whole = dialect is Dialect.TASMOTA and spec.type is ActuatorType.LEVEL
    return str(_FIRST[dialect]) if spec.channel is None and dialect in _FIRST and not is_whole else spec.channel


def _channel_told(dialect: Dialect, channel: str | None) -> str:
    if channel is None:
        return "no channel"
    return f"the channel {channel}" + (" (that of one without a channel)" if channel == str(_FIRST.get(dialect)) else "")
