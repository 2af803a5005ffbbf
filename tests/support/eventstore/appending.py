"""`Append`, `Delete` and `Tombstone`: one call for one write."""

import asyncio

from esdbclient.protos.Grpc import shared_pb2, streams_pb2

from tests.support.eventstore import refusals
from tests.support.eventstore.calls import Call, framed
from tests.support.eventstore.expected import ANY, NO_STREAM, STREAM_EXISTS
from tests.support.eventstore.faults import Faults
from tests.support.eventstore.records import Proposed, id_text
from tests.support.eventstore.store import Appended, Conflict, Deleted, Store

END = 2**64 - 1
"""Position -1, as the wire has it."""

_EXPECTED = {"no_stream": NO_STREAM, "any": ANY, "stream_exists": STREAM_EXISTS}
_Options = streams_pb2.AppendReq.Options | streams_pb2.DeleteReq.Options | streams_pb2.TombstoneReq.Options


class Appending:
    """The unary writes."""

    def __init__(self, store: Store, faults: Faults, largest_append: int) -> None:
        self._store = store
        self._faults = faults
        self._largest = largest_append

    async def append(self, call: Call) -> None:
        self._faults.counts["append_calls"] += 1
        options, events = await self._request(call)
        stream, expected = _target(options)
        if sum(event.size for event in events) > self._largest:
            refusals.append_too_large(self._largest)
        self._refuse_writes(call, "before")
        outcome = self._store.append(stream, expected, events)
        self._faults.counts["appends"] += 1
        self._faults.counts["events"] += len(events)
        self._refuse_writes(call, "after")
        await asyncio.sleep(self._faults.answer_delay())
        await call.send(framed(_answer(stream, expected, outcome).SerializeToString()))

    async def delete(self, call: Call) -> None:
        options = streams_pb2.DeleteReq.FromString(await call.receive() or b"").options
        position = self._delete(call, options, "Delete", tombstone=False)
        await call.send(
            framed(streams_pb2.DeleteResp(position=streams_pb2.DeleteResp.Position(**position)).SerializeToString())
        )

    async def tombstone(self, call: Call) -> None:
        options = streams_pb2.TombstoneReq.FromString(await call.receive() or b"").options
        position = self._delete(call, options, "Tombstone", tombstone=True)
        answer = streams_pb2.TombstoneResp(position=streams_pb2.TombstoneResp.Position(**position))
        await call.send(framed(answer.SerializeToString()))

    def _delete(self, call: Call, options: _Options, operation: str, *, tombstone: bool) -> dict[str, int]:
        self._faults.counts["deletes"] += 1
        stream, expected = _target(options)
        self._refuse_writes(call, "before")
        outcome = self._store.delete(stream, expected, tombstone=tombstone)
        self._refuse_writes(call, "after")
        if isinstance(outcome, Deleted):
            refusals.stream_deleted(stream)
        if isinstance(outcome, Conflict):
            refusals.wrong_expected_version(operation, stream, expected, outcome.current)
        return {"commit_position": outcome.position, "prepare_position": outcome.position}

    async def _request(self, call: Call) -> tuple[streams_pb2.AppendReq.Options, list[Proposed]]:
        first = streams_pb2.AppendReq.FromString(await call.receive() or b"")
        if first.WhichOneof("content") != "options":
            refusals.invalid("The first message of an append must hold its options.")
        events = []
        while (message := await call.receive()) is not None:
            events.append(proposed(streams_pb2.AppendReq.FromString(message).proposed_message))
        return first.options, events

    def _refuse_writes(self, call: Call, moment: str) -> None:
        if moment == "before" and self._faults.disk_full:
            refusals.disk_full()
        if (moment == "before" and self._faults.takes_drop("before")) or (
            moment == "after" and self._faults.takes_drop("after")
        ):
            call.wire.drop()
            raise refusals.Gone


def proposed(message: streams_pb2.AppendReq.ProposedMessage | streams_pb2.BatchAppendReq.ProposedMessage) -> Proposed:
    """An event as it came."""
    metadata = message.metadata
    for name in ("type", "content-type"):
        if name not in metadata:
            refusals.invalid(f"Required Metadata Property '{name}' is missing")
    return Proposed(id_text(message.id), metadata["type"], metadata["content-type"], message.data, message.custom_metadata)


def _target(options: _Options) -> tuple[str, int]:
    expected = options.WhichOneof("expected_stream_revision")
    if expected is None:
        refusals.invalid("'None' is not a valid expected stream revision")
    return options.stream_identifier.stream_name.decode(), options.revision if expected == "revision" else _EXPECTED[expected]


def _answer(stream: str, expected: int, outcome: Appended | Conflict | Deleted) -> streams_pb2.AppendResp:
    if isinstance(outcome, Deleted):
        refusals.stream_deleted(stream)
    if isinstance(outcome, Conflict):
        return streams_pb2.AppendResp(wrong_expected_version=_conflict(expected, outcome.current))
    position = END if outcome.position < 0 else outcome.position
    success = streams_pb2.AppendResp.Success(
        position=streams_pb2.AppendResp.Position(commit_position=position, prepare_position=position)
    )
    if outcome.revision < 0:
        success.no_stream.SetInParent()
    else:
        success.current_revision = outcome.revision
    return streams_pb2.AppendResp(success=success)


def _conflict(expected: int, current: int) -> streams_pb2.AppendResp.WrongExpectedVersion:
    wrong = streams_pb2.AppendResp.WrongExpectedVersion()
    if current < 0:
        wrong.current_no_stream.CopyFrom(shared_pb2.Empty())
    else:
        wrong.current_revision = current
    if expected >= 0:
        wrong.expected_revision = expected
    else:
        names = {NO_STREAM: wrong.expected_no_stream, ANY: wrong.expected_any, STREAM_EXISTS: wrong.expected_stream_exists}
        names[expected].SetInParent()
    return wrong
