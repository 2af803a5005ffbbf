"""How refusals of the command decider are told."""

from typing import Final

from api.errors import ApiError, ErrorCode
from domain.command_decider import CommandRefusal, CommandRefused

_CODES: Final = {
    CommandRefusal.INVALID: ErrorCode.INVALID_INPUT,
    CommandRefusal.UNKNOWN_DEVICE: ErrorCode.NOT_FOUND,
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


def refusal(refused: CommandRefused) -> ApiError:
    return ApiError(_CODES[refused.why], refused.message, retry_at=refused.retry_at)
