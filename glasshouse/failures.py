"""From an exception to what a user is told: one plain sentence, and an exit code."""

from adapters.event_log.port import LogAddressError, LogError
from adapters.history.port import HistoryAddressError, HistoryError
from adapters.mqtt.address import BrokerAddressError
from adapters.mqtt.errors import MqttError, PortTakenError
from glasshouse.errors import ExitCode, GlasshouseError
from glasshouse.simulator.ledger import LedgerError
from glasshouse.simulator.options import SimulationOptionsError
from projections.read_model import TryAgainError
from projections.rebuilds import RebuildRefusedError
from projections.running_queries import ProjectionHaltedError

_CODES: dict[type[Exception], ExitCode] = {
    LogAddressError: ExitCode.USAGE,
    LogError: ExitCode.STORE,
    HistoryAddressError: ExitCode.USAGE,
    HistoryError: ExitCode.STORE,
    ProjectionHaltedError: ExitCode.STORE,
    TryAgainError: ExitCode.STORE,
    RebuildRefusedError: ExitCode.NOT_REBUILT,
    PortTakenError: ExitCode.ADDRESS,
    MqttError: ExitCode.BROKER,
    BrokerAddressError: ExitCode.USAGE,
    SimulationOptionsError: ExitCode.USAGE,
    LedgerError: ExitCode.USAGE,
}
"""What the rooms below raise; the first that fits counts."""


def explain(error: BaseException) -> tuple[str, ExitCode]:
    """The sentence and the code for an error; of a group of errors, for the first that has a sentence."""
    if isinstance(error, BaseExceptionGroup):
        told = [explain(inner) for inner in error.exceptions]
        return next((pair for pair in told if pair[1] is not ExitCode.UNEXPECTED), told[0])
    if isinstance(error, GlasshouseError):
        return str(error), error.exit_code
    for kind, code in _CODES.items():
        if isinstance(error, kind):
            return str(error), code
    return f"something unexpected went wrong: {error!r}", ExitCode.UNEXPECTED
