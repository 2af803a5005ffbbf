"""How refusals of the command decider are told."""

from typing import Final

from api.errors import ApiError, ErrorCode
from api.scope import Sight
from domain.command_decider import CommandRefusal, CommandRefused

_CODES: Final = {
    CommandRefusal.INVALID: ErrorCode.INVALID_INPUT,
    CommandRefusal.UNKNOWN_DEVICE: ErrorCode.NOT_FOUND,
    CommandRefusal.UNPLACED: ErrorCode.NOT_FOUND,
    CommandRefusal.RETIRED: ErrorCode.DEVICE_RETIRED,
    CommandRefusal.UNKNOWN_ACTUATOR: ErrorCode.NOT_FOUND,
    CommandRefusal.UNKNOWN_COMMAND: ErrorCode.NOT_ALLOWED,
    CommandRefusal.VALUE_NOT_ALLOWED: ErrorCode.NOT_ALLOWED,
    CommandRefusal.TOO_LATE: ErrorCode.TOO_LATE,
    CommandRefusal.DUPLICATE: ErrorCode.CONFLICT,
    CommandRefusal.OVERRIDDEN: ErrorCode.OVERRIDDEN,
    CommandRefusal.BUSY: ErrorCode.ACTUATOR_BUSY,
    CommandRefusal.INTERLOCKED: ErrorCode.INTERLOCKED,
    CommandRefusal.STALE: ErrorCode.STALE_STATE,
    CommandRefusal.OFFLINE: ErrorCode.DEVICE_OFFLINE,
    CommandRefusal.NOT_OPEN: ErrorCode.TOO_LATE,
    CommandRefusal.SENT: ErrorCode.TOO_LATE,
}


_UNTOLD: Final = "an interlock holds it back that looks at a device of which this may not tell"


def refusal(refused: CommandRefused, sight: Sight | None = None) -> ApiError:
    """As it is told to who sees so much: not what an interlock saw of a device that is out of sight."""
    is_seen = sight is None or all(map(sight.device, refused.about))
    return ApiError(_CODES[refused.why], refused.message if is_seen else _UNTOLD, retry_at=refused.retry_at)


def reason_kept(refused: CommandRefused) -> str:
    """The reason that stays with a command, for everybody who sees that."""
    return _UNTOLD if refused.about else refused.message
