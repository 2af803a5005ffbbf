"""What an EventStoreDB answers when it cannot do what it was asked, in plain words."""

import re
from typing import Final

import grpc
from esdbclient.exceptions import NodeIsNotLeader
from esdbclient.protos.Grpc import shared_pb2, status_pb2

from adapters.event_log.port import LogError, LogUnavailableError

_Code = grpc.StatusCode
_CERTIFICATE: Final = re.compile("SSL_ERROR_SSL|not in peer certificate|empty address list")
"""Not every handshake that failed: a server that starts or ends may break one off. The last is said of
a TlsCaFile that holds no certificate."""
_UNAUTHORISED: Final = {
    _Code.UNAUTHENTICATED: "does not accept the user name or the password in the URL of the event log",
    _Code.PERMISSION_DENIED: (
        "does not let this user do that: reading $all needs a member of $ops or $admins, or an access list that says so"
    ),
}
_NUMBER: Final = re.compile(r"^UNKNOWN: | \(-?\d+\)$")
_DISK: Final = re.compile("no space|disk", re.IGNORECASE)


class NotLeaderError(LogUnavailableError):
    """Another node leads: `leader` is its host and port."""

    def __init__(self, message: str, leader: str | None) -> None:
        super().__init__(message)
        self.leader = leader


class UnauthorisedError(LogUnavailableError):
    """The server does not know us, or does not let us; it may once somebody has seen to it."""


class CertificateError(LogUnavailableError):
    """The server's certificate was refused."""


def failed_call(error: grpc.RpcError, server: str) -> LogError:
    """What a call that failed means."""
    code, details = error.code(), str(error.details() or "")
    if code is _Code.NOT_FOUND and details == "Leader info available":
        leader = NodeIsNotLeader(error).leader_grpc_target
        return NotLeaderError(f"{server} does not lead its cluster; {leader} does", leader)
    if code is _Code.FAILED_PRECONDITION and "is deleted" in details:
        return LogError(f"a stream was deleted for good in {server}: {details}")
    if code is _Code.INVALID_ARGUMENT:
        return LogError(f"{server} does not take what was asked: {details}")
    if code is _Code.UNIMPLEMENTED:
        return LogError(f"{server} is no EventStoreDB, or one from before version 21.10: {details}")
    return _unavailable(code, details, server)


def _unavailable(code: grpc.StatusCode, details: str, server: str) -> LogUnavailableError:
    if code in _UNAUTHORISED:
        return UnauthorisedError(f"{server} {_UNAUTHORISED[code]}")
    if code is _Code.UNAVAILABLE and _CERTIFICATE.search(details):
        return CertificateError(
            f"the certificate of {server} was refused, or it speaks no TLS: name the certificate of its authority with "
            f"TlsCaFile=FILE in the URL, or say Tls=false ({short(details)})"
        )
    if _DISK.search(details):
        return LogUnavailableError(f"{server} has no room left on its disk, it seems: {short(details)}")
    if code is _Code.DEADLINE_EXCEEDED:
        return LogUnavailableError(f"{server} did not answer in time")
    what = "cannot be reached" if code is _Code.UNAVAILABLE else f"failed with {code.name}"
    return LogUnavailableError(f"{server} {what}: {short(details)}")


def failed_append(status: status_pb2.Status, stream: str, server: str) -> LogError:
    """What it means that an append was refused, other than by a conflict."""
    kind, said = status.details.TypeName().rpartition(".")[2], short(status.message)
    match kind:
        case "StreamDeleted":
            return LogError(f"the stream {stream} was deleted for good in {server}: nothing can be appended to it any more")
        case "MaximumAppendSizeExceeded":
            exceeded = shared_pb2.MaximumAppendSizeExceeded.FromString(status.details.value)
            return LogError(f"{server} takes at most {exceeded.maxAppendSize} bytes an append, and one to {stream} is larger")
        case "BadRequest":
            refused = shared_pb2.BadRequest.FromString(status.details.value)
            return LogError(f"{server} refused an append to {stream}: {refused.message}")
        case "AccessDenied":
            return UnauthorisedError(f"{server} does not let this user append to {stream}")
        case "Timeout":
            what = f"could not store an append to {stream} in time"
        case "Unknown":
            what = "could not store an append, and does not say why: see its own log, and whether its disk is full"
        case _ if _DISK.search(said):
            what = f"has no room left on its disk, it seems: {said}"
        case _:
            what = f"cannot take appends now: {said}"
    return LogUnavailableError(f"{server} {what}")


def passing(failure: LogError) -> LogUnavailableError:
    """What got no answer can be asked again, whatever is wrong with the server: that may be put right meanwhile."""
    return failure if isinstance(failure, LogUnavailableError) else LogUnavailableError(str(failure))


def short(details: str) -> str:
    """The last of what is said, which is the cause: gRPC tells of each layer, and how each failed."""
    cause = details.rpartition("; last error: ")[2].rpartition("connect: ")[2]
    return _NUMBER.sub("", cause)[:200] or "it gives no reason"
