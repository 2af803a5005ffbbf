"""`BatchAppend`: one long call with many requests in flight, each answered by its correlation id, in any order."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from esdbclient.protos.Grpc import code_pb2, shared_pb2, status_pb2, streams_pb2
from google.protobuf import empty_pb2
from google.protobuf.message import Message

from tests.support.eventstore import refusals
from tests.support.eventstore.appending import END, proposed
from tests.support.eventstore.calls import Call, framed
from tests.support.eventstore.expected import ANY, NO_STREAM, STREAM_EXISTS
from tests.support.eventstore.faults import Faults
from tests.support.eventstore.records import Proposed
from tests.support.eventstore.store import Conflict, Deleted, Outcome, Store

WRITE_TIMEOUT = 2.0
"""Seconds: the real server's default for a write."""

_EXPECTED: Mapping[str | None, int] = {"no_stream": NO_STREAM, "any": ANY, "stream_exists": STREAM_EXISTS}
_Response = streams_pb2.BatchAppendResp


@dataclass
class Pending:
    """What has come of one request so far: it may be sent in pieces."""

    options: streams_pb2.BatchAppendReq.Options
    events: list[Proposed] = field(default_factory=list)

    @property
    def stream(self) -> str:
        return self.options.stream_identifier.stream_name.decode()

    @property
    def expected(self) -> int:
        which = self.options.WhichOneof("expected_stream_position")
        if which is None:
            refusals.invalid("'None' is not a valid expected stream position")
        return self.options.stream_position if which == "stream_position" else _EXPECTED[which]


class Batching:
    """Stores in the order of the requests. With a delay set, answers wait beside each other."""

    def __init__(self, store: Store, faults: Faults, largest_append: int, allows: Callable[[Call], bool]) -> None:
        self._store = store
        self._faults = faults
        self._largest = largest_append
        self._allows = allows

    async def batch_append(self, call: Call) -> None:
        self._faults.counts["batch_calls"] += 1
        pending: dict[str, Pending] = {}
        refused: refusals.Refused | refusals.Gone | None = None
        async with asyncio.TaskGroup() as answers:
            try:
                while (message := await call.receive()) is not None:
                    request = streams_pb2.BatchAppendReq.FromString(message)
                    response = self._take(call, pending, request)
                    if response is None:
                        continue
                    if delay := self._faults.answer_delay():
                        answers.create_task(_send_later(call, response, delay, _deadline(request)), name="answer of a batch")
                    else:
                        await call.send(framed(response.SerializeToString()))
            except (refusals.Refused, refusals.Gone) as error:
                refused = error
        if refused is not None:
            raise refused

    def _take(self, call: Call, pending: dict[str, Pending], request: streams_pb2.BatchAppendReq) -> _Response | None:
        key = request.correlation_id.SerializeToString().hex()
        try:
            result = self._result(call, pending, key, request)
        except refusals.Refused as refused:
            if refused.details == "Leader info available":
                raise
            result = {
                "error": status(code_pb2.INVALID_ARGUMENT, refused.details, shared_pb2.BadRequest(message=refused.details))
            }
        if result is None:
            return None
        stream = result.pop("stream", request.options.stream_identifier)
        return _Response(correlation_id=request.correlation_id, stream_identifier=stream, **result)

    def _result(
        self, call: Call, pending: dict[str, Pending], key: str, request: streams_pb2.BatchAppendReq
    ) -> dict[str, Any] | None:
        if request.HasField("options"):
            if not self._allows(call):
                return {"error": status(code_pb2.PERMISSION_DENIED, "Access Denied", shared_pb2.AccessDenied())}
            if _deadline(request) <= 0:
                return {"error": status(code_pb2.DEADLINE_EXCEEDED, "Timeout", shared_pb2.Timeout())}
            pending.setdefault(key, Pending(request.options))
        write = pending.get(key)
        if write is None:
            return None
        write.events += [proposed(message) for message in request.proposed_messages]
        if sum(event.size for event in write.events) > self._largest:
            del pending[key]
            details = shared_pb2.MaximumAppendSizeExceeded(maxAppendSize=self._largest)
            error = status(code_pb2.INVALID_ARGUMENT, "Maximum Append Size Exceeded", details)
            return {"error": error, "stream": write.options.stream_identifier}
        if not request.is_final:
            return None
        del pending[key]
        return {**self._write(call, write), "stream": write.options.stream_identifier}

    def _write(self, call: Call, write: Pending) -> dict[str, Any]:
        if self._faults.takes_drop("before"):
            _drop(call)
        if (error := self._unhandled()) is not None:
            return {"error": error}
        outcome = self._store.append(write.stream, write.expected, write.events)
        self._faults.counts["appends"] += 1
        self._faults.counts["events"] += len(write.events)
        if self._faults.takes_drop("after"):
            _drop(call)
        return _converted(write, outcome)

    def _unhandled(self) -> status_pb2.Status | None:
        if self._faults.unready:
            return status(code_pb2.OK, "Server Is Not Ready", empty_pb2.Empty())
        if self._faults.busy:
            return status(code_pb2.OK, "Server Is Busy", empty_pb2.Empty())
        if self._faults.disk_full:
            return status(code_pb2.UNKNOWN, "Unknown", shared_pb2.Unknown())
        if self._faults.not_leader:
            if self._faults.leader is None:
                return status(code_pb2.OK, "No leader info available in response", empty_pb2.Empty())
            refusals.not_leader(self._faults.leader)
        return None


def status(code: code_pb2.Code.ValueType, message: str, details: Message) -> status_pb2.Status:
    """An error as it stands in a response."""
    error = status_pb2.Status(code=code, message=message)
    error.details.Pack(details)
    return error


def _converted(write: Pending, outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Deleted):
        details = shared_pb2.StreamDeleted(stream_identifier=write.options.stream_identifier)
        return {"error": status(code_pb2.FAILED_PRECONDITION, "Stream deleted", details)}
    if isinstance(outcome, Conflict):
        return {"error": status(code_pb2.FAILED_PRECONDITION, "Wrong expected version", _conflict(write, outcome.current))}
    position = END if outcome.position < 0 else outcome.position
    at = shared_pb2.AllStreamPosition(commit_position=position, prepare_position=position)
    if outcome.revision < 0:
        return {"success": _Response.Success(no_stream=empty_pb2.Empty(), position=at)}
    return {"success": _Response.Success(current_revision=outcome.revision, position=at)}


def _conflict(write: Pending, current: int) -> shared_pb2.WrongExpectedVersion:
    wrong = shared_pb2.WrongExpectedVersion()
    if current < 0:
        wrong.current_no_stream.SetInParent()
    else:
        wrong.current_stream_revision = current
    which = write.options.WhichOneof("expected_stream_position")
    if which == "stream_position":
        wrong.expected_stream_position = write.options.stream_position
    elif which is not None:
        getattr(wrong, f"expected_{which.removeprefix('expected_')}").SetInParent()
    return wrong


def _deadline(request: streams_pb2.BatchAppendReq) -> float:
    """Seconds that the answer may take: the client's, and never more than the server's own."""
    if request.options.WhichOneof("deadline_option") != "deadline":
        return WRITE_TIMEOUT
    deadline = request.options.deadline
    return min(float(deadline.seconds + deadline.nanos / 1e9), WRITE_TIMEOUT)


async def _send_later(call: Call, response: _Response, delay: float, deadline: float) -> None:
    """What is stored stays stored, though its answer may be that it took too long."""
    await asyncio.sleep(min(delay, deadline))
    if delay > deadline:
        response.error.CopyFrom(status(code_pb2.DEADLINE_EXCEEDED, "Timeout", shared_pb2.Timeout()))
    with suppress(refusals.Gone):
        await call.send(framed(response.SerializeToString()))


def _drop(call: Call) -> None:
    call.wire.drop()
    raise refusals.Gone
