"""Asking for a run of the retention job, and how the last one went."""

from adapters.history.retention.report import RetentionBusyError
from adapters.history.retention.runs import RetentionRuns
from api.errors import ApiError, ErrorCode
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
    return None if last is None else retention_run(last)


def _runs(services: Services) -> RetentionRuns:
    if services.retention is None:
        raise ApiError(ErrorCode.HISTORY_NOT_SHARED, "this process does not own the history; ask the one that fills it")
    return services.retention
