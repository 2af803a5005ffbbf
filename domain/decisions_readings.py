"""Decisions about readings: which corrections may be made."""

from collections.abc import Sequence
from math import isfinite
from typing import Final

import msgspec
from msgspec.structs import replace

from domain.corrections import Correction, correction_of, standing
from domain.decisions import Decision, Refusal, Refused, id_problem, text_problem
from domain.indices import inputs_of
from schema.events import Event, Operation, ReadingCorrection
from schema.ids import content_event_id, format_event_id

MAX_CORRECTIONS: Final = 1_000
"""Corrections of one device that stand: each is looked at for every reading that is shown."""
MAX_REASON: Final = 1_000
_MAX_METRIC: Final = 64
_WITH_AMOUNT: Final = frozenset({Operation.SCALE, Operation.OFFSET, Operation.REPLACE})


class CorrectedDevice(msgspec.Struct, frozen=True):
    """The corrections of a device: every one by id, the last, and those that stand."""

    by_id: dict[str, ReadingCorrection]
    last: ReadingCorrection | None
    standing: tuple[Correction, ...]


def fold_corrections(events: Sequence[Event]) -> CorrectedDevice:
    """What the device's control stream says of its readings."""
    made = [event for event in events if isinstance(event, ReadingCorrection)]
    stand: tuple[Correction, ...] = ()
    for event in made:
        stand = standing(stand, correction_of(event, None, 0))
    return CorrectedDevice({event.correction_id: event for event in made}, made[-1] if made else None, stand)


def named(device: CorrectedDevice, wanted: ReadingCorrection) -> ReadingCorrection:
    """A correction that came without an id, with one.

    Where the last one says just the same it is this very request come again, and has its id; else the id follows from what it
    says and from how many there were before it.
    """
    if device.last is not None and replace(device.last, correction_id=wanted.correction_id) == wanted:
        return device.last
    said = msgspec.json.encode(wanted)
    made = content_event_id(None, "correction", wanted.device_id, str(len(device.by_id)), said)
    return replace(wanted, correction_id=format_event_id(made))


def correct_readings(device: CorrectedDevice, wanted: ReadingCorrection, *, measured: bool) -> Decision:
    """Correct a stretch of readings. One that stands there already under its id is this very request come again.

    `measured` says whether the device sent such readings: of a metric that is else computed there is nothing to correct.
    """
    known = device.by_id.get(wanted.correction_id)
    if known is not None:
        says = f"a correction {wanted.correction_id} of {wanted.device_id} exists already, and says otherwise"
        return [] if known == wanted else Refused(Refusal.CONFLICT, says)
    problem = _problem(wanted) or (None if measured else _computed_problem(device, wanted))
    if problem is not None:
        return Refused(Refusal.INVALID, problem)
    if len(device.standing) >= MAX_CORRECTIONS and wanted.operation is not Operation.RESTORE:
        return Refused(
            Refusal.CONFLICT,
            f"{MAX_CORRECTIONS} corrections of {wanted.device_id} stand: undo some with one `restore` over all of their range, "
            "and say what they say in fewer",
        )
    return [wanted]


def _problem(wanted: ReadingCorrection) -> str | None:
    return (
        id_problem("deviceId", wanted.device_id)
        or id_problem("correctionId", wanted.correction_id)
        or (None if wanted.sensor_id is None else id_problem("sensorId", wanted.sensor_id))
        or text_problem("metric", wanted.metric, _MAX_METRIC)
        or text_problem("reason", wanted.reason, MAX_REASON)
        or _range_problem(wanted)
        or _amount_problem(wanted.operation, wanted.amount)
    )


def _computed_problem(device: CorrectedDevice, wanted: ReadingCorrection) -> str | None:
    """None also where a correction of it stands that is to be undone."""
    inputs = inputs_of(wanted.metric)
    if not inputs or (wanted.operation is Operation.RESTORE and any(one.metric == wanted.metric for one in device.standing)):
        return None
    *others, last = inputs
    told = f"{', '.join(others)} and {last}: correct these" if others else f"{last}: correct this"
    return f"{wanted.metric} of {wanted.device_id} is computed from {told}"


def _range_problem(wanted: ReadingCorrection) -> str | None:
    if wanted.start is not None and wanted.end is not None and wanted.start >= wanted.end:
        return "from must lie before to: the range holds what was measured at or after the one and before the other"
    return None


def _amount_problem(operation: Operation, amount: float | None) -> str | None:
    if operation not in _WITH_AMOUNT:
        return None if amount is None else f"{operation} takes no amount"
    if amount is None or not isfinite(amount):
        return f"{operation} needs a finite number as its amount"
    if operation is Operation.SCALE and amount == 0:
        return "a scale of 0 would make every value 0; to say that a stretch was 0, use replace"
    return None
