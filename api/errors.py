"""Errors as clients see them: a stable code and a sentence. What nobody expected is masked, with a trace id to ask by."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final

import strawberry
import structlog
from graphql import GraphQLError

from adapters.event_log.port import LogError
from adapters.history.port import BeyondRetentionError, HistoryError
from projections.read_model import TryAgainError

_AWAY_SECONDS: Final = 5
"""After how long it is worth to ask again for what is away."""


@strawberry.enum(description="Why something was refused or failed. Codes are stable; messages may change.")
class ErrorCode(Enum):
    UNAUTHENTICATED = strawberry.enum_value("UNAUTHENTICATED", description="No key, a wrong, an expired or a revoked one.")
    FORBIDDEN = strawberry.enum_value(
        "FORBIDDEN",
        description="The key is good, but not for this: by its role, its sites and devices, the page that asks, or a setting "
        "about introspection and documents.",
    )
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="What the change is about does not exist.")
    INVALID_INPUT = strawberry.enum_value(
        "INVALID_INPUT", description="The request cannot be understood, or a value is not allowed."
    )
    CONFLICT = strawberry.enum_value("CONFLICT", description="What is so already forbids this change.")
    NOT_ALLOWED = strawberry.enum_value(
        "NOT_ALLOWED", description="The actuator does not take this command, or not this value."
    )
    ACTUATOR_BUSY = strawberry.enum_value("ACTUATOR_BUSY", description="Another command for the actuator is under way.")
    OVERRIDDEN = strawberry.enum_value(
        "OVERRIDDEN", description="The actuator was switched by hand, and takes no command from afar for a while."
    )
    INTERLOCKED = strawberry.enum_value("INTERLOCKED", description="An interlock of the actuator holds the command back.")
    STALE_STATE = strawberry.enum_value(
        "STALE_STATE", description="What an interlock looks at was not heard of lately, so nobody can tell whether it holds."
    )
    DEVICE_OFFLINE = strawberry.enum_value(
        "DEVICE_OFFLINE", description="The device is offline, and the command is not to wait."
    )
    DEVICE_RETIRED = strawberry.enum_value("DEVICE_RETIRED", description="The device is out of service.")
    TOO_LATE = strawberry.enum_value(
        "TOO_LATE", description="The deadline has passed, or the command has ended or was sent and cannot be taken back."
    )
    LIMIT_EXCEEDED = strawberry.enum_value(
        "LIMIT_EXCEEDED", description="More was asked for than one request may; it says what."
    )
    UNAVAILABLE = strawberry.enum_value(
        "UNAVAILABLE", description="A part that is needed cannot be reached now; try again later."
    )
    NOT_YET_VISIBLE = strawberry.enum_value(
        "NOT_YET_VISIBLE", description="The read model did not reach `atLeast` in time; the same query may succeed in a moment."
    )
    HISTORY_NOT_SHARED = strawberry.enum_value(
        "HISTORY_NOT_SHARED",
        description="The history is open in another process alone; this one answers all but questions to it.",
    )
    BEYOND_RETENTION = strawberry.enum_value("BEYOND_RETENTION", description="It was there once, and is past all that is kept.")
    PERSISTED_QUERY_NOT_FOUND = strawberry.enum_value(
        "PERSISTED_QUERY_NOT_FOUND", description="The request names a document that is not known here; send it along."
    )
    TOO_SLOW = strawberry.enum_value(
        "TOO_SLOW", description="A subscription's messages were taken more slowly than they came; go on from the last cursor."
    )
    INTERNAL = strawberry.enum_value("INTERNAL", description="A fault of ours. The trace id finds it in the log.")


class ApiError(GraphQLError):
    """An error that was expected, and is told as it is."""

    def __init__(self, code: ErrorCode, message: str, *, retry_at: datetime | None = None, **details: Any) -> None:
        super().__init__(message, extensions={"code": code.value, **details})
        self.code = code
        self.retry_at = retry_at

    def tell(self, **details: Any) -> None:
        """Say more."""
        self.extensions = {**(self.extensions or {}), **details}


class RequestRefused(Exception):  # noqa: N818 - it is an answer, and no fault
    """A request that is not run at all, with all that is wrong with it."""

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__("; ".join(error["message"] for error in errors))
        self.errors = errors


def limit_error(
    limit: str, allowed: float, asked: float | str, instead: str = "", *, retry_after: int | None = None
) -> ApiError:
    """The refusal of what exceeds a limit; `instead` says how to ask for less, `retry_after` in how many seconds it may do."""
    message = f"the limit on {limit} is {allowed}; asked for {asked}" + (instead and f": {instead}")
    later: dict[str, Any] = {} if retry_after is None else {"retryAfter": retry_after}
    return ApiError(ErrorCode.LIMIT_EXCEEDED, message, limit=limit, allowed=allowed, asked=asked, **later)


def away_error(message: str, **details: Any) -> ApiError:
    """The refusal of what needs something that is away, and may soon be back."""
    return ApiError(ErrorCode.UNAVAILABLE, message, retryAfter=_AWAY_SECONDS, **details)


def request_error(error: GraphQLError) -> dict[str, Any]:
    """An error found before anything ran: syntax, validation, variables."""
    formatted: dict[str, Any] = dict(error.formatted)
    formatted["extensions"] = {"code": ErrorCode.INVALID_INPUT.value, **(error.extensions or {})}
    return formatted


def field_error(error: GraphQLError) -> dict[str, Any]:
    """An error raised while a field was resolved; masked unless somebody meant it to be read."""
    original = _original(error)
    if isinstance(original, ApiError):
        return {**error.formatted, "extensions": original.extensions}
    if original is None:
        return request_error(error)
    masked = unexpected(original, path=error.path)
    return {key: value for key, value in {**error.formatted, **masked.formatted}.items() if value is not None}


def unexpected(error: BaseException, **context: Any) -> ApiError:
    """What may be said of an error that nobody expected; the whole goes to the log."""
    trace = secrets.token_hex(8)
    if isinstance(error, BeyondRetentionError):
        return ApiError(ErrorCode.BEYOND_RETENTION, str(error))
    if isinstance(error, LogError | HistoryError | TryAgainError):
        structlog.get_logger().warning("store_unavailable", trace_id=trace, reason=str(error), **context)
        return away_error(f"a store that this needs is not available now (trace {trace})", traceId=trace)
    structlog.get_logger().error("api_failed", trace_id=trace, exc_info=error, **context)
    return ApiError(ErrorCode.INTERNAL, f"something went wrong here (trace {trace})", traceId=trace)


def _original(error: GraphQLError) -> BaseException | None:
    """The exception at the bottom: each field on the way up may have wrapped it once more."""
    if isinstance(error, ApiError):
        return error
    inner = error.original_error
    return _original(inner) if isinstance(inner, GraphQLError) else inner
