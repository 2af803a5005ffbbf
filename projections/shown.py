"""What is shown of a reading: its value as corrected, and what that is worth by the device's own word and by ours.

The latest state, and what is live, look at no neighbours, which are still to come; `projections.neighbours` does so.
"""

from collections.abc import Sequence

import msgspec

from domain.corrections import Correction, correct
from domain.gates import range_verdict
from domain.quality import Reason
from schema.events import Quality

EXCLUDED = "excluded"
"""The verdict on a value that people took out of account."""

VERDICTS = (None, *(reason.name.lower() for reason in Reason if reason is not Reason.NONE), EXCLUDED)
"""The word for each reason, by its number, and at the end that for what people excluded."""


class Shown(msgspec.Struct, frozen=True, gc=False):
    """A value as it counts; `verdict` is our reason where it is bad, `correction` the id of the one that touched it last."""

    value: float
    quality: Quality
    verdict: str | None
    correction: str | None = None


def shown(metric: str, value: float, said: Quality, time_us: int, corrections: Sequence[Correction]) -> Shown:
    """One reading, without looking at any other. `said` is the device's own word of its value."""
    if not corrections:
        return _judged(value, said, range_verdict(metric, value), None)
    now = correct(value, time_us, corrections)
    verdict = EXCLUDED if now.excluded else range_verdict(metric, now.value)
    return _judged(now.value, Quality.GOOD if now.replaced else said, verdict, now.last)


def _judged(value: float, said: Quality, verdict: str | None, last: Correction | None) -> Shown:
    return Shown(value, said if verdict is None else Quality.BAD, verdict, None if last is None else last.id)
