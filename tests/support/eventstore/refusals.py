"""What the server answers instead of a result: a gRPC status with its details and trailers, worded as the real one words it."""

from collections.abc import Sequence
from typing import NoReturn

from grpc import StatusCode

Trailers = Sequence[tuple[str, str]]


class Refused(Exception):  # noqa: N818  # an answer, not an error
    """Ends the call with this status."""

    def __init__(self, code: StatusCode, details: str, trailers: Trailers = ()) -> None:
        super().__init__(details)
        self.code = int(code.value[0])
        self.details = details
        self.trailers = trailers


class Gone(Exception):  # noqa: N818  # nor is this one
    """The client has left this call: there is nobody to answer."""


class Ended(Exception):  # noqa: N818  # nor this one
    """Ends the call in order, though nothing is wrong and there might be more to say."""


def not_ready() -> NoReturn:
    raise Refused(StatusCode.UNAVAILABLE, "Server Is Not Ready")


def too_busy() -> NoReturn:
    raise Refused(StatusCode.UNAVAILABLE, "Server Is Too Busy")


def not_leader(leader: tuple[str, int] | None) -> NoReturn:
    if leader is None:
        raise Refused(StatusCode.UNKNOWN, "No leader info available in response")
    endpoint = (("leader-endpoint-host", leader[0]), ("leader-endpoint-port", str(leader[1])))
    raise Refused(StatusCode.NOT_FOUND, "Leader info available", (("exception", "not-leader"), *endpoint))


def unauthenticated() -> NoReturn:
    raise Refused(StatusCode.UNAUTHENTICATED, "Unauthenticated")


def access_denied() -> NoReturn:
    raise Refused(StatusCode.PERMISSION_DENIED, "Access Denied", (("exception", "access-denied"),))


def stream_deleted(stream: str) -> NoReturn:
    trailers = (("exception", "stream-deleted"), ("stream-name", stream))
    raise Refused(StatusCode.FAILED_PRECONDITION, f"Event stream '{stream}' is deleted.", trailers)


def wrong_expected_version(operation: str, stream: str, expected: int, actual: int) -> NoReturn:
    versions = f"Expected version: {expected}, Actual version: {actual}"
    details = f"{operation} failed due to WrongExpectedVersion. Stream: {stream}, {versions}"
    named = (("stream-name", stream), ("expected-version", str(expected)), ("actual-version", str(actual)))
    raise Refused(StatusCode.FAILED_PRECONDITION, details, (("exception", "wrong-expected-version"), *named))


def append_too_large(limit: int) -> NoReturn:
    trailers = (("exception", "maximum-append-size-exceeded"), ("maximum-append-size", str(limit)))
    raise Refused(StatusCode.INVALID_ARGUMENT, f"Maximum Append Size of {limit} Exceeded.", trailers)


def invalid(details: str) -> NoReturn:
    raise Refused(StatusCode.INVALID_ARGUMENT, details)


def invalid_position() -> NoReturn:
    invalid("Trying to read from an invalid position.")


def disk_full() -> NoReturn:
    raise Refused(StatusCode.UNKNOWN, "Unexpected OperationResult: there is not enough space on the disk")
