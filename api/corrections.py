"""What `correctReadings` does: decide a correction, or tell what it would change without deciding it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from strawberry.types.unset import UNSET

from adapters.history.port import BeyondRetentionError, HistoryRow, RangeQuery
from api.changes import settled
from api.context import Context
from api.errors import ApiError, ErrorCode
from api.history import shared
from api.previews import preview_of
from api.scalars import CursorText
from api.types.correction import Correction, correction
from api.types.inputs import CorrectReadingsInput
from api.types.results import CorrectReadingsSuccess
from api.visibility import DECISIONS, LATEST
from domain.corrections import FOR_EVER, correction_of, standing
from domain.corrections import Correction as Decided
from domain.decisions import Decision
from domain.decisions_readings import CorrectedDevice, fold_corrections, named
from domain.decisions_readings import correct_readings as decide_correction
from projections.judging import Judge
from schema.events import Event, Operation, ReadingCorrection
from schema.times import to_micros

_PAGE = 5_000


async def correct_readings(context: Context, wanted: CorrectReadingsInput) -> CorrectReadingsSuccess:
    context.services.require_device(wanted.device_id)
    _require_rows(context, _event(wanted))
    return await (_look(context, wanted) if wanted.dry_run else _correct(context, wanted))


async def _correct(context: Context, wanted: CorrectReadingsInput) -> CorrectReadingsSuccess:
    event = _event(wanted)

    def decide(events: Sequence[Event]) -> Decision:
        nonlocal event
        device = fold_corrections(events)
        event = _named(device, wanted)
        return decide_correction(device, event, measured=_is_measured(context, event))

    change = await context.writer.change(f"control-{wanted.device_id}", context.principal.actor, decide)
    cursor = await settled(context, change, DECISIONS, LATEST)
    return CorrectReadingsSuccess(correction=_made(context, event), preview=None, cursor=cursor)


async def _look(context: Context, wanted: CorrectReadingsInput) -> CorrectReadingsSuccess:
    """What it would change, after the corrections that stand in the log now."""
    event, now, then = _event(wanted), tuple[Decided, ...](), tuple[Decided, ...]()

    def decide(events: Sequence[Event]) -> Decision:
        nonlocal now, then
        device = fold_corrections(events)
        decision = decide_correction(device, _named(device, wanted), measured=_is_measured(context, event))
        now = then = device.standing
        if decision:
            then = standing(now, correction_of(event, None, 0))
        return decision

    considered = await context.writer.consider(f"control-{wanted.device_id}", decide)
    rows = await _rows(context, event)
    services = context.services
    judge = Judge(services.rules.quality, services.decisions)
    found = await preview_of(shared(services), judge, rows, now, then)
    return CorrectReadingsSuccess(correction=None, preview=found, cursor=CursorText(considered.cursor))


def _named(device: CorrectedDevice, wanted: CorrectReadingsInput) -> ReadingCorrection:
    return named(device, _event(wanted)) if wanted.correction_id is None else _event(wanted)


def _event(wanted: CorrectReadingsInput) -> ReadingCorrection:
    if wanted.start is UNSET or wanted.end is UNSET:
        raise ApiError(
            ErrorCode.INVALID_INPUT, "say `from` and `to`; null stands for the first reading, and for ever, what comes included"
        )
    return ReadingCorrection(
        device_id=wanted.device_id,
        correction_id=wanted.correction_id or "",
        sensor_id=wanted.sensor_id,
        metric=wanted.metric,
        start=_utc(wanted.start),
        end=_utc(wanted.end),
        operation=Operation(wanted.operation.word),
        amount=wanted.amount,
        reason=wanted.reason,
    )


def _require_rows(context: Context, event: ReadingCorrection) -> None:
    """ApiError where readings from the beginning that it names are past all retention. Without one it is of what is kept."""
    history = context.services.history
    if history is None or event.start is None:
        return
    end_us = FOR_EVER if event.end is None else to_micros(event.end)
    try:
        history.horizon.require(event.device_id, to_micros(event.start), end_us)
    except BeyondRetentionError as error:
        raise ApiError(ErrorCode.BEYOND_RETENTION, str(error)) from error


def _is_measured(context: Context, event: ReadingCorrection) -> bool:
    """Whether the device, or the one sensor, sent readings of this metric itself."""
    device = context.services.latest.device(event.device_id)
    sent = () if device is None else device.readings
    return any(one.metric == event.metric and event.sensor_id in {None, one.sensor} for one in sent)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _made(context: Context, event: ReadingCorrection) -> Correction:
    """The correction as the read model knows it, else as it was decided now."""
    stand = context.services.decisions.standing(event.device_id)
    known = next((one for one in stand if one.id == event.correction_id), None)
    now_us = to_micros(context.services.clock())
    return correction(event.device_id, known or correction_of(event, context.principal.actor, now_us))


async def _rows(context: Context, event: ReadingCorrection) -> list[HistoryRow]:
    """The readings that the correction is about; ApiError where they are more than a dry run looks at."""
    history, limit = shared(context.services), context.services.limits.corrected_rows
    rows: list[HistoryRow] = []
    while True:
        after = (rows[-1].timestamp_us, rows[-1].event_id, rows[-1].metric) if rows else None
        page = await history.readings(
            RangeQuery(
                device=event.device_id,
                sensor=event.sensor_id,
                metric=event.metric,
                start=event.start,
                end=event.end,
                after=after,
                limit=min(_PAGE, limit + 1 - len(rows)),
            )
        )
        rows += page
        if len(rows) > limit:
            raise _too_many(limit)
        if len(page) < _PAGE:
            return rows


def _too_many(limit: int) -> ApiError:
    return ApiError(
        ErrorCode.LIMIT_EXCEEDED,
        f"a dry run looks at {limit} readings at most, and these are more: ask for a shorter range or for one sensor. "
        "The correction itself has no such limit",
        limit="readings of a dry run",
        allowed=limit,
        asked=f"more than {limit}",
    )
