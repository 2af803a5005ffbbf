"""A correction of a stretch of readings, and what one would change."""

from datetime import datetime

import strawberry

from api.fields import described
from api.types.enums import Operation, Quality
from api.types.reading import finite
from domain.corrections import EVER, FOR_EVER
from domain.corrections import Correction as Decided
from schema.times import from_micros


@strawberry.type(
    description="A stretch of a device's readings, and what is done to their values. It changes none that is stored."
)
class Correction:
    id: strawberry.ID = described("The correction: readings name the one that touched them last.")
    device_id: strawberry.ID = described("The device.")
    sensor_id: strawberry.ID | None = described("The sensor on it; null: all of its sensors.")
    metric: str = described("The metric.")
    start: datetime | None = strawberry.field(
        name="from", description="What was measured at or after this; null: from the first reading on."
    )
    end: datetime | None = strawberry.field(name="to", description="What was measured before this; null: also what comes.")
    operation: Operation = described("What is done.")
    amount: float | None = described("The factor, the offset or the value, in the metric's unit.")
    reason: str = described("Why.")
    actor: str | None = described("Who decided it.")
    decided_at: datetime = described("When.")


@strawberry.type(description="Figures of those values that are not bad.")
class CorrectionFigures:
    count: int = described("How many there are.")
    min: float | None = described("The smallest.")
    mean: float | None = described("Their mean.")
    max: float | None = described("The largest.")


@strawberry.type(description="A reading before and after a correction.")
class CorrectedReading:
    event_id: strawberry.ID = described("The event that holds it.")
    sensor_id: strawberry.ID = described("The sensor.")
    timestamp: datetime = described("When it was measured.")
    original: float | None = described("The value that the device sent.")
    before: float | None = described("The value as it counts now.")
    quality_before: Quality = described("What that is worth.")
    after: float | None = described("The value as it would count.")
    quality_after: Quality = described("What that would be worth.")


@strawberry.type(description="What a correction would change among the readings that are stored now.")
class CorrectionPreview:
    readings: int = described("How many readings it is about.")
    changed: int = described("How many of them would have another value or another verdict.")
    healed: int = described("How many that are bad would not be any more.")
    spoiled: int = described("How many that are not bad would be.")
    first: datetime | None = described("When the first that would change was measured.")
    last: datetime | None = described("When the last that would change was measured.")
    unit: str | None = described("The unit of all values.")
    before: CorrectionFigures = described("All that it is about, as it counts now.")
    after: CorrectionFigures = described("All that it is about, as it would count.")
    sample: list[CorrectedReading] = described("Some that would change, spread over all of them: at most 20.")


def correction(device_id: str, decided: Decided) -> Correction:
    return Correction(
        id=strawberry.ID(decided.id),
        device_id=strawberry.ID(device_id),
        sensor_id=None if decided.sensor is None else strawberry.ID(decided.sensor),
        metric=decided.metric,
        start=None if decided.start_us == EVER else from_micros(decided.start_us),
        end=None if decided.end_us == FOR_EVER else from_micros(decided.end_us),
        operation=Operation(decided.operation),
        amount=None if decided.amount is None else finite(decided.amount),
        reason=decided.reason,
        actor=decided.actor,
        decided_at=from_micros(decided.decided_us),
    )
