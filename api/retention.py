"""Asking for a run of the retention job, and how the last one went."""

from msgspec.structs import replace

from adapters.history.retention.report import Failure, RetentionBusyError
from adapters.history.retention.runs import RetentionRuns, Run
from api.errors import ApiError, ErrorCode
from api.scope import without_words
from api.services import Services
from api.types.results import ApplyRetentionSuccess
from api.types.retention import RetentionRun, retention_run


def apply_retention(services: Services, *, dry_run: bool) -> ApplyRetentionSuccess:
    """Begin a run; ApiError CONFLICT where one is under way."""
    try:
        run = _runs(services).ask(dry_run=dry_run)
    except RetentionBusyError as error:
        raise ApiError(ErrorCode.CONFLICT, str(error)) from error
    return ApplyRetentionSuccess(run=retention_run(run))


def last_run(services: Services) -> RetentionRun | None:
    last = _runs(services).last
    if last is None:
        return None
    return retention_run(last if services.sight is None else _as_seen(last))


def _as_seen(run: Run) -> Run:
    """As it is told to somebody who sees a part of the house alone."""
    report = run.report
    if report is not None:
        failures = [Failure(one.day, without_words(one.reason)) for one in report.failures]
        report = replace(report, failures=failures)
    return replace(run, error=without_words(run.error), report=report)


def _runs(services: Services) -> RetentionRuns:
    if services.retention is None:
        raise ApiError(ErrorCode.HISTORY_NOT_SHARED, "this process does not own the history; ask the one that fills it")
    return services.retention
