"""Interlocks: what must be so before an actuator takes a command. They see what is known, and what is under way as done."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from domain.advice import Advice, KnownState
from domain.control import Control
from domain.states import is_same, level_of, shown
from schema.actuators import ActuatorSpec, Interlock, NotWhile, OnlyWith, Scalar


class HeldBack(msgspec.Struct, frozen=True):
    """An interlock does not let a command through; `stale` where that is because what it looks at is not known now.

    `about` are the other devices that the message tells of.
    """

    message: str
    stale: bool = False
    about: Sequence[str] = ()


class _Seen(msgspec.Struct, frozen=True):
    """What an interlock looks at, by name, as far as it is known."""

    name: str
    known: KnownState | None

    @property
    def value(self) -> Scalar | None:
        return None if self.known is None else self.known.value


def held_back(control: Control, spec: ActuatorSpec, value: Scalar | None, advice: Advice, now: datetime) -> HeldBack | None:
    """What holds a command to `value` back now; None where nothing does. What is against it goes before what is stale."""
    found = list(_held(control, spec, value, advice, now))
    return next((one for one in found if not one.stale), found[0] if found else None)


def good_for(spec: ActuatorSpec, value: Scalar | None) -> timedelta | None:
    """For how long one may go by what the interlocks of a command see; None where none concerns it."""
    concerned = (interlock.max_age_seconds for interlock in spec.interlocks if concerns(interlock, value))
    return min((timedelta(seconds=seconds) for seconds in concerned), default=None)


def devices_of(interlock: Interlock) -> list[str]:
    """The other devices that the interlock looks at."""
    rules = (interlock.not_while, interlock.only_with)
    return [rule.device_id for rule in rules if rule is not None and rule.device_id is not None]


def _held(control: Control, spec: ActuatorSpec, value: Scalar | None, advice: Advice, now: datetime) -> Iterator[HeldBack]:
    for interlock in spec.interlocks:
        if concerns(interlock, value):
            held = _not_while(control, interlock, advice, now) or _only_with(control, interlock, advice, now)
            if held is not None:
                why = "" if interlock.reason is None else f" ({interlock.reason})"
                yield HeldBack(held.message + why, held.stale, devices_of(interlock))


def concerns(interlock: Interlock, value: Scalar | None) -> bool:
    """Whether the interlock looks at commands to that value: to one that it names, to all where it names none."""
    if not interlock.values and interlock.above is None:
        return True
    return value is not None and _is_among(value, interlock.values, interlock.above)


def _not_while(control: Control, interlock: Interlock, advice: Advice, now: datetime) -> HeldBack | None:
    rule = interlock.not_while
    if rule is None:
        return None
    device = rule.device_id or control.device_id
    by_command = _by_command(control, rule, now) if device == control.device_id else None
    if by_command is not None:
        return HeldBack(f"not while {_actuator(rule, device)}: {by_command}")
    seen = _Seen(f"{rule.actuator_id} of {device}", advice.actuator(device, rule.actuator_id))
    if seen.value is not None and _is_among(seen.value, rule.states, rule.above):
        return HeldBack(f"not while {_actuator(rule, device)}: it is {shown(seen.value)}")
    return _stale(seen, interlock, now) or (_unclear(seen) if rule.above is not None else None)


def _by_command(control: Control, rule: NotWhile, now: datetime) -> str | None:
    """What a command brings the other actuator to, or has just brought it to, if that is against the rule."""
    coming, just = control.in_flight(rule.actuator_id), control.just_set_to(rule.actuator_id, now)
    if coming is not None and coming.value is not None and _is_among(coming.value, rule.states, rule.above):
        return f"command {coming.id} is about to set it to {shown(coming.value)}"
    if just is not None and _is_among(just, rule.states, rule.above):
        return f"a command has just set it to {shown(just)}"
    return None


def _only_with(control: Control, interlock: Interlock, advice: Advice, now: datetime) -> HeldBack | None:
    rule = interlock.only_with
    if rule is None:
        return None
    device = rule.device_id or control.device_id
    probe = device if rule.sensor_id is None else f"{rule.sensor_id} of {device}"
    seen = _Seen(f"{rule.metric} of {probe}", advice.metric(device, rule.sensor_id, rule.metric))
    if isinstance(seen.value, float | int) and not _is_within(rule, seen.value):
        return HeldBack(f"only with {seen.name} {_bounds(rule)}: it is {seen.value:g}")
    return _stale(seen, interlock, now)


def _stale(seen: _Seen, interlock: Interlock, now: datetime) -> HeldBack | None:
    if seen.known is None:
        return HeldBack(f"nothing is known of {seen.name}, which an interlock looks at", stale=True)
    age = now - seen.known.at
    if age <= timedelta(seconds=interlock.max_age_seconds):
        return None
    told = f"{age.total_seconds():.0f} seconds ago, and an interlock goes by at most {interlock.max_age_seconds:g}"
    return HeldBack(f"{seen.name} was last known {told}", stale=True)


def _unclear(seen: _Seen) -> HeldBack | None:
    """A state that cannot be held against a number is as good as none."""
    if seen.value is None or level_of(seen.value) is not None:
        return None
    return HeldBack(f"{seen.name} is {shown(seen.value)}, which an interlock cannot hold against a number", stale=True)


def _is_among(value: Scalar, values: tuple[Scalar, ...], above: float | None) -> bool:
    level = level_of(value)
    return any(is_same(value, one) for one in values) or (above is not None and level is not None and level > above)


def _is_within(rule: OnlyWith, value: float) -> bool:
    return (rule.at_least is None or value >= rule.at_least) and (rule.at_most is None or value <= rule.at_most)


def _actuator(rule: NotWhile, device: str) -> str:
    ways = [shown(state) for state in rule.states] + ([] if rule.above is None else [f"above {rule.above:g}"])
    return f"{rule.actuator_id} of {device} is {' or '.join(ways)}"


def _bounds(rule: OnlyWith) -> str:
    bounds = (("at least", rule.at_least), ("at most", rule.at_most))
    return " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
