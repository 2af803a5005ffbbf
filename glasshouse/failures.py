"""From an exception to what a user is told: one plain sentence, and an exit code."""

from adapters.event_log.port import LogError
from adapters.history.port import HistoryError
from glasshouse.errors import ExitCode, GlasshouseError


def explain(error: BaseException) -> tuple[str, ExitCode]:
    """The sentence and the code for an error; of a group of errors, for the first that has a sentence."""
    if isinstance(error, BaseExceptionGroup):
        told = [explain(inner) for inner in error.exceptions]
        return next((pair for pair in told if pair[1] is not ExitCode.UNEXPECTED), told[0])
    if isinstance(error, GlasshouseError):
        return str(error), error.exit_code
    if isinstance(error, LogError | HistoryError):
        return str(error), ExitCode.STORE
    return f"something unexpected went wrong: {error!r}", ExitCode.UNEXPECTED
