"""Recorded events on their way to a client: as they were serialised, unless the fault switch ends the read among them."""

from collections.abc import Sequence

from esdbclient.protos.Grpc import streams_pb2
from grpc import StatusCode

from tests.support.eventstore import refusals
from tests.support.eventstore.calls import Call
from tests.support.eventstore.faults import Faults
from tests.support.eventstore.records import Record, with_structured_id

CHUNK = 128
"""Events that are sent in one go."""

Options = streams_pb2.ReadReq.Options


async def send_events(call: Call, options: Options, chunk: Sequence[Record], faults: Faults) -> None:
    """A cut that is due ends the call after as many of them as it allows."""
    ending = faults.cut is not None and len(chunk) > faults.cut.left
    if faults.cut is not None:
        chunk = chunk[: faults.cut.left]
        faults.cut.left -= len(chunk)
    wires = [record.wire for record in chunk]
    if options.uuid_option.WhichOneof("content") == "structured":
        wires = [with_structured_id(wire) for wire in wires]
    await call.send(b"".join(wires))
    faults.counts["events_read"] += len(wires)
    if ending:
        cut(faults)


def cut(faults: Faults) -> None:
    """End this read as the switch says."""
    if faults.takes_cut() == "die":
        raise refusals.Refused(StatusCode.UNAVAILABLE, "The connection was lost in the middle of the stream")
    raise refusals.Ended
