"""The retention job of a process that fills a history: as the settings say, and while the read models are caught up."""

from typing import TYPE_CHECKING, Final

from adapters.history.retention.runs import RetentionRuns
from adapters.history.serving import ServingHistory
from api.services import utc_now
from glasshouse.settings import Settings
from projections.engine import Engine
from projections.running_queries import ProjectionState

if TYPE_CHECKING:
    from adapters.history.archived import ArchivedHistory

_FILL: Final = frozenset({"history", "windows"})


def retention_of(history: ServingHistory, settings: Settings) -> RetentionRuns:
    """The runs of the job of whichever version serves."""
    from adapters.history.retention.job import RetentionJob  # noqa: PLC0415  # which a process without a history need not load

    return RetentionRuns(RetentionJob(lambda: archived(history), settings.retention, utc_now), utc_now)


def archived(history: ServingHistory) -> "ArchivedHistory":
    """The version that serves, with its archive."""
    from adapters.history.archived import ArchivedHistory  # noqa: PLC0415  # as above

    assert isinstance(history.store, ArchivedHistory)  # noqa: S101  # no other is opened
    return history.store


def is_caught_up(engine: Engine) -> bool:
    """Whether the history holds what the log does."""
    return all(status.state is ProjectionState.LIVE for status in engine.status() if status.name in _FILL)
